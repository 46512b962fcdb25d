select segment, count(*) as customers, min(since) as oldest, avg(credit_limit) as credit_limit,
       string_agg(name, ', ' order by customer) filter (customer <= 20) as examples
from customers
where customer in (
        select customer
        from parcels join tariffs using (tariff)
        group by customer
        having count(distinct year(posted)) filter (service = 'express') = 3
           and count(distinct year(posted)) filter (service = 'economy') = 3
    )
    and exists (from invoices i where i.customer = customers.customer and i.paid_on > date '2024-12-31')
group by segment
order by segment nulls first

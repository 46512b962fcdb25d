select coalesce(segment, 'unknown') as segment, count(*) as customers, min(since) as oldest,
       count(credit_limit) as with_limit, sum(credit_limit) as credit_limits
from customers c
where since <= date '2024-12-31' and not exists (select 1 from parcels p where p.customer = c.customer)
group by 1
order by segment

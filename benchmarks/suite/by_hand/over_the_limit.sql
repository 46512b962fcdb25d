select c.customer, sum(i.amount) as invoiced, sum(i.amount) filter (i.paid_on is null) as owed,
       min(i.due) filter (i.paid_on is null) as oldest, c.name, c.credit_limit,
       coalesce(r.name, 'abroad') as region_name, r.country, round(sum(i.amount) filter (i.paid_on is null) / sum(i.amount), 4) as owed_share,
       sum(i.amount) filter (i.paid_on is null) - c.credit_limit as over,
       date '2025-12-31' - min(i.due) filter (i.paid_on is null) as overdue_days,
       case when sum(i.amount) filter (i.paid_on is null) > c.credit_limit then 'stop'
            when sum(i.amount) filter (i.paid_on is null) * 10 > c.credit_limit then 'watch'
            else 'ask' end as class
from invoices i
join customers c on c.customer = i.customer
left join regions r on r.region = c.region
group by c.customer, c.name, c.credit_limit, r.name, r.country
having sum(i.amount) filter (i.paid_on is null) * 50 > c.credit_limit
order by over desc, c.customer
limit 100

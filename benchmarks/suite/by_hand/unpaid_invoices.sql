with aged as (
    select coalesce(c.segment, 'unknown') as segment, i.amount, i.paid_on is not null as is_paid,
           date '2025-12-31' - i.due as days, i.paid_on - i.due as late
    from invoices i left join customers c on c.customer = i.customer
)
select segment, count(*) as invoices, sum(amount) filter (is_paid) as paid,
       sum(amount) filter (not is_paid and days <= 0) as not_due,
       sum(amount) filter (not is_paid and days between 1 and 30) as to_30,
       sum(amount) filter (not is_paid and days between 31 and 90) as to_90,
       sum(amount) filter (not is_paid and days > 90) as over_90,
       avg(case when late > 0 then late when late <= 0 then 0 end) as late_days
from aged
group by segment
order by over_90 desc, segment

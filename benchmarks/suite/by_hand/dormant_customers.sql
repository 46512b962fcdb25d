with newest as (select max(posted)::date as day from parcels)
select p.customer, count(*) as parcels, min(posted)::date as first_day, max(posted)::date as last_day,
       any_value(c.name) as name, any_value(c.segment) as segment,
       (select day from newest) - max(posted)::date as silent_days,
       12 * (year(max(posted)) - year(min(posted))) + month(max(posted)) - month(min(posted)) as months_between,
       (max(posted)::date + interval 6 month)::date as win_back_by
from parcels p join customers c on c.customer = p.customer
group by p.customer
having count(*) >= 3 and max(posted)::date < (select day from newest) - 90
order by silent_days desc, p.customer
limit 100

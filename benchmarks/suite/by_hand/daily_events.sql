select day, sum(p)::bigint as posted, sum(d)::bigint as delivered, sum(c)::bigint as claimed, sum(amount) as amount,
       isodow(day) as weekday, weekofyear(day) as week, isodow(day) in (6, 7) as weekend
from (
    select posted::date as day, 1 as p, 0 as d, 0 as c, null::decimal(10, 2) as amount from parcels
    union all
    select delivered::date, 0, 1, 0, null from deliveries
    union all
    select filed, 0, 0, 1, amount from claims
)
group by day
order by day

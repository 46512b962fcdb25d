with days as (
    select r.name as region, p.posted::date as day, count(*) as parcels
    from parcels p join depots d on d.depot = p.from_depot join regions r on r.region = d.region
    group by r.name, p.posted::date
)
select region, day, parcels, trend, parcels / trend as ratio, day - before as gap
from (
    select *, avg(parcels) over (w rows 6 preceding) as trend, lag(day) over w as before
    from days
    window w as (partition by region order by day)
)
where parcels / trend > 1.5
order by ratio desc, region, day
limit 200

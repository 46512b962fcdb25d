select d.depot, count(*) as waits, max(hours) as longest, avg(hours) as average,
       count(*) filter (hours > 8) / count(*) as over_eight, count(*) filter (seen_at <> d.depot) as moved,
       count(*) filter (number = 2 and kind = 'loaded') as second, d.name, d.capacity
from (
    select kind, depot as seen_at, lag(depot) over w as left_from, row_number() over w as number,
           epoch(scanned - lag(scanned) over w) / 3600 as hours
    from scans
    window w as (partition by parcel order by scanned)
)
join depots d on d.depot = left_from
group by d.depot, d.name, d.capacity
order by average desc, d.depot
limit 20

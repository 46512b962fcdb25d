select a.name as sent_from, b.name as sent_to, a.region = b.region as within_region
from (
    select from_depot, to_depot
    from parcels
    group by from_depot, to_depot
    having bool_or(year(posted) = 2024) and not bool_or(year(posted) >= 2025)
) r
join depots a on a.depot = r.from_depot
join depots b on b.depot = r.to_depot
where coalesce(a.closed, date '9999-12-31') >= date '2025-07-01'
  and coalesce(b.closed, date '9999-12-31') >= date '2025-07-01'
order by sent_from, sent_to

select d.depot, d.name as name_of_depot, d.region, count(c.courier) as couriers, count(distinct c.team) as teams,
       coalesce(sum(n.parcels), 0)::bigint as parcels, d.closed,
       year(coalesce(d.closed, date '2025-12-31')) - year(d.opened) as years,
       avg(date '2025-12-31' - c.hired) / 365.25 as experience, r.name as region_name
from depots d
left join couriers c on c.depot = d.depot
left join (select courier, count(*) as parcels from deliveries group by courier) n on n.courier = c.courier
left join regions r on r.region = d.region
group by all
order by couriers, d.depot

select t.service, u.region as to_region, count(*) as parcels, avg(u.usual) as usual, sum(p.weight) as kilograms,
       sum(t.base + t.per_kg * p.weight::decimal(10, 3)) as revenue,
       count(*) filter (p.weight = u.heaviest) as at_the_limit
from parcels p
join depots d on d.depot = p.to_depot
join (
    select tariff, region, avg(weight) as usual, max(weight) as heaviest
    from parcels join depots on depot = to_depot
    group by tariff, region
) u on u.tariff = p.tariff and u.region = d.region
join tariffs t on t.tariff = p.tariff
where p.weight > 1.9 * u.usual
group by t.service, u.region
order by service, to_region

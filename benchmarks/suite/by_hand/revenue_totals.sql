select r.country, r.name as region_name, t.service, count(*) as parcels,
       sum(t.base + t.per_kg * p.weight::decimal(10, 3)) as revenue,
       max(t.base + t.per_kg * p.weight::decimal(10, 3)) as dearest
from parcels p
join tariffs t on t.tariff = p.tariff
join depots d on d.depot = p.from_depot
join regions r on r.region = d.region
group by rollup (r.country, r.name, t.service)
order by r.country nulls last, r.name nulls last, t.service nulls last

select country, year, count(*) as parcels, sum(price) as revenue, sum(price) filter (own) / sum(price) as own_share,
       sum(price) filter (segment = 'industry') as industry
from (
    select b.country, year(p.posted) as year, a.country = b.country as own, c.segment,
           t.base + t.per_kg * p.weight::decimal(10, 3) as price
    from parcels p
    join tariffs t using (tariff)
    join depots f on f.depot = p.from_depot join regions a on a.region = f.region
    join depots g on g.depot = p.to_depot join regions b on b.region = g.region
    left join customers c on c.customer = p.customer
    where t.service = 'express' and exists (from deliveries d where d.parcel = p.parcel and d.attempts <= 2)
)
group by country, year
order by country, year

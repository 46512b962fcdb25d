select h.country, h.name as holiday, year(h.day) as year, count(distinct d.courier) as couriers,
       sum(d.attempts)::bigint as doors, count(*) as deliveries, max(d.attempts) as most_attempts
from holidays h
join regions r on r.country = h.country
join depots e on e.region = r.region
join couriers c on c.depot = e.depot
join deliveries d on d.courier = c.courier and d.delivered >= h.day and d.delivered < h.day + interval 1 day
group by h.country, h.name, year(h.day)
order by deliveries desc, country, holiday, year

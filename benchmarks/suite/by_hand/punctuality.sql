-- a parcel that was never delivered is neither in time nor late
select r.name as region_name, t.service,
       count(*) as parcels,
       count(*) filter (d.delivered::date <= p.due) as in_time,
       count(*) filter (d.delivered::date > p.due) as late,
       count(*) - count(d.delivered) as missing,
       count(*) filter (d.delivered::date <= p.due) / count(*) as share_in_time,
       avg(d.delivered::date - p.due) filter (d.delivered::date > p.due) as days_late
from parcels p
left join deliveries d on d.parcel = p.parcel
join depots f on f.depot = p.from_depot
join regions r on r.region = f.region
join tariffs t on t.tariff = p.tariff
group by r.name, t.service
order by share_in_time, region_name, service

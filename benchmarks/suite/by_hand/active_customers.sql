select d.region, strftime(posted, '%Y') || '-Q' || quarter(posted) as quarter, count(*) as parcels,
       count(distinct customer) as customers, count(distinct to_depot) as destinations,
       count(distinct case when tariff in ('X1', 'X2') then customer end) as express_customers,
       count(*) filter (customer is null) as at_counter, any_value(r.name) as name
from parcels p
join depots d on d.depot = p.from_depot
left join regions r on r.region = d.region
group by d.region, 2
order by name, quarter

select coalesce(segment, 'unknown') as segment, country, count(*) as customers,
       count(*) filter (credit_limit > 50000) as large
from customers c left join regions r on r.region = c.region
where exists (from parcels p where p.customer = c.customer and p.tariff[1] = 'X')
  and not exists (from parcels p where p.customer = c.customer and p.tariff[1] = 'F')
  and not exists (from parcels p join claims using (parcel) where p.customer = c.customer and paid = 0)
group by 1, country
order by segment, country nulls last

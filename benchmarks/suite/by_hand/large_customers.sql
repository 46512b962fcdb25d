select customer, name, segment, since, count(*) as parcels, sum(p.declared) as declared,
       sum(p.declared) / any_value(a.declared) as share, avg(p.declared) / any_value(a.average) as against_average
from parcels p
join customers using (customer)
cross join (
    select sum(declared) as declared, avg(declared) as average from parcels where customer is not null
) a
where p.declared is not null
group by customer, name, segment, since
having sum(p.declared) > 10 * any_value(a.average)
order by sum(p.declared) desc, customer
limit 50

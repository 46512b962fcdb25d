with known as (select c.*, p.tariff, p.declared from claims c join parcels p on p.parcel = c.parcel)
select k.tariff, coalesce(k.reason, 'not given') as reason, count(*) as claims, count(*) - count(k.decided) as open,
       avg(k.amount) as amount, sum(k.paid) as paid, count(k.declared) < count(*) as undeclared,
       max(k.decided - k.filed) as slowest, any_value(t.service) as service,
       1000 * count(*) / any_value(s.parcels) as claims_per_thousand
from known k
join (select tariff, count(*) as parcels from parcels group by tariff) s on s.tariff = k.tariff
join tariffs t on t.tariff = k.tariff
group by k.tariff, 2
having count(*) >= 2 and avg(k.amount) > (select avg(amount) from known)
order by amount desc, tariff, reason

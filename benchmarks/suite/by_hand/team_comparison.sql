with each as (
    select c.courier, c.name, c.team, c.hired, count(*) as deliveries, avg(d.attempts) as attempts,
           count(*) filter (d.signed_by is null) as unsigned
    from deliveries d join couriers c on c.courier = d.courier
    group by all
)
select e.courier, e.name, e.team, t.members, strftime(e.hired, '%Y-%m') as hired_in, e.deliveries, e.unsigned,
       e.attempts, e.attempts - t.attempts as excess
from each e
join (
    select c.team, avg(d.attempts) as attempts, count(distinct c.courier) as members
    from deliveries d join couriers c on c.courier = d.courier
    group by c.team
) t on t.team = e.team
where e.attempts > greatest(t.attempts, (select avg(attempts) from each))
  and e.deliveries >= (select median(deliveries) from each) / 2
order by excess desc, e.courier
limit 30

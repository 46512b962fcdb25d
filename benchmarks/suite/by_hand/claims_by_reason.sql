with summed as (
    select year(filed) || if(month(filed) < 7, ' spring', ' autumn') as half, ifnull(reason, 'not given') as reason,
           sum(amount) as amount
    from claims
    group by 1, 2
)
-- a reason that nobody gave in a half-year is 0
select half, reason, coalesce(amount, 0) as amount, coalesce(amount, 0) / sum(amount) over (partition by half) as share
from (select distinct half from summed)
cross join (select distinct reason from summed)
left join summed using (half, reason)
order by half, reason

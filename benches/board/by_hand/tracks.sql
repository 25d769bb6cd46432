select concat('{"trackCollection":{"edges":[', string_agg(concat('{"node":{"name":', to_json(t.name), ',"album":',
  case when a.album_id is null then 'null' else concat('{"title":', to_json(a.title), '}') end, ',"genre":',
  case when g.genre_id is null then 'null' else concat('{"name":', coalesce(to_json(g.name)::text, 'null'), '}') end,
  '}}'), ',' order by t.track_id), ']}}')
from (select track_id, name, album_id, genre_id from track order by track_id limit 30 offset :number) as t
left join album as a on a.album_id = t.album_id
left join genre as g on g.genre_id = t.genre_id

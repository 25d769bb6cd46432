select concat('{"albumCollection":{"edges":[{"node":{"title":', to_json(a.title), ',"artist":{"name":',
  (select to_json(r.name) from artist as r where r.artist_id = a.artist_id), '},"trackCollection":{"edges":[', (
    select string_agg(concat('{"node":{"name":', to_json(t.name), '}}'), ',' order by t.track_id)
    from track as t where t.album_id = a.album_id), ']}}}]}}')
from album as a where a.album_id = :number

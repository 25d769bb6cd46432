with r as (
  select artist_id, name from artist order by artist_id limit 100
), a as (
  select a.album_id, a.artist_id, a.title from album as a join r using (artist_id)
), t as (
  select t.album_id, string_agg(concat('{"node":{"name":', to_json(t.name), '}}'), ',' order by t.track_id) as tracks
  from track as t where t.album_id in (select album_id from a) group by 1
), al as (
  select a.artist_id, string_agg(concat('{"node":{"title":', to_json(a.title), ',"trackCollection":{"edges":[',
    t.tracks, ']}}}'), ',' order by a.album_id) as albums
  from a left join t using (album_id) group by 1
)
select concat('{"artistCollection":{"edges":[', string_agg(concat('{"node":{"name":', coalesce(to_json(r.name)::text, 'null'),
  ',"albumCollection":{"edges":[', al.albums, ']}}}'), ',' order by r.artist_id), ']}}')
from r left join al using (artist_id)

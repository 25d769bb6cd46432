create schema geo;
create extension postgis schema geo;

create table station (
    id int primary key,
    name text not null,
    position geo.geography(Point) not null,
    district geo.geometry(Polygon, 4326)
);

insert into station values
    (1, 'Alexanderplatz', 'POINT(13.4132 52.5219)', 'SRID=4326;POLYGON((13.36 52.5,13.43 52.5,13.43 52.54,13.36 52.54,13.36 52.5))'),
    (2, 'Zoologischer Garten', 'POINT(13.3326 52.5072)', null),
    (3, 'Dammtor', 'POINT(9.9896 53.5607)', null);

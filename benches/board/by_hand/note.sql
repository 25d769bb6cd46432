insert into note (body) values ('note ' || :number)
returning concat('{"insertIntoNoteCollection":{"records":[{"id":"', id, '"}]}}')

-- Nobody can be booked, or be made to pay, without having agreed: until then a member of role 3 is no host.
ALTER TABLE schedule_member ADD COLUMN accepted_at timestamptz;
UPDATE schedule_member AS m
SET accepted_at = m.created_at
FROM schedule AS s
WHERE s.id = m.schedule_id AND s.owner_id = m.person_id;

-- What another interaction interrupted waits for it, parked, in the slot that is kept for it, and comes back to the same agent.
alter table interaction
  add interrupted_by uuid, -- the interaction that interrupted it first
  add constraint interrupted_is_parked check (interrupted_by is null or state = 'parked');
create index interaction_interrupted on interaction (agent_id) where interrupted_by is not null;

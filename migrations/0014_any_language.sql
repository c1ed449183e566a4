-- Customers write in any language; what the product itself speaks stays en and fr.
alter table customer drop constraint customer_language_check,
  add constraint customer_language_check check (language ~ '^[a-z]{2,3}$');
alter table interaction drop constraint interaction_language_check,
  add constraint interaction_language_check check (language ~ '^[a-z]{2,3}$');
alter table competency drop constraint competency_language_check,
  add constraint competency_language_check check (language ~ '^[a-z]{2,3}$');
-- A mail is longer than a line of a chat.
alter table message drop constraint message_text_check,
  add constraint message_text_check check (length(text) <= 200000);

-- Names that the tables can have beside those of the journal, too.
ALTER TABLE secret RENAME TO access_secret;
ALTER TABLE users RENAME TO access_users;
ALTER TABLE customers RENAME TO access_customers;
ALTER TABLE sessions RENAME TO access_sessions;
ALTER TABLE codes RENAME TO access_codes;
ALTER TABLE attempts RENAME TO access_attempts;
ALTER TABLE sign_ins RENAME TO access_sign_ins;

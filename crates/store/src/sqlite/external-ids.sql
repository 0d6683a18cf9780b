-- A customer's id in another system, such as the one before this.
ALTER TABLE customers ADD COLUMN external_id TEXT;
CREATE INDEX customers_by_external_id ON customers (external_id) WHERE external_id IS NOT NULL;

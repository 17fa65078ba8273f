CREATE TABLE access_log (
	store_id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	id UUID NOT NULL,
	actor_kind VARCHAR(10) NOT NULL,
	actor_id UUID,
	action VARCHAR(60) NOT NULL,
	object_type VARCHAR(40) NOT NULL,
	object_id UUID,
	ip VARCHAR(45) NOT NULL,
	request_id VARCHAR(64) NOT NULL,
	CONSTRAINT pk_access_log PRIMARY KEY (store_id, at, id)
)
 PARTITION BY RANGE (at)
CREATE TABLE addresses (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID NOT NULL,
	name VARCHAR(120) NOT NULL,
	phone VARCHAR(16) NOT NULL,
	line1 VARCHAR(200) NOT NULL,
	line2 VARCHAR(200) NOT NULL,
	city VARCHAR(80) NOT NULL,
	state_code VARCHAR(2) NOT NULL,
	pin VARCHAR(6) NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_addresses PRIMARY KEY (store_id, id),
	CONSTRAINT fk_addresses_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT ck_addresses_state_code_digits CHECK (state_code ~ '^[0-9]{2}$'),
	CONSTRAINT ck_addresses_pin_six_digits CHECK (pin ~ '^[1-9][0-9]{5}$'),
	CONSTRAINT ck_addresses_phone_e164 CHECK (phone ~ '^\+[1-9][0-9]{6,14}$')
)
CREATE INDEX ix_addresses_customer_id ON addresses (store_id, customer_id, id)
CREATE TABLE audit_entries (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	happened_at TIMESTAMP WITH TIME ZONE DEFAULT store_now(),
	actor_kind VARCHAR(10) NOT NULL,
	actor_id UUID,
	actor_label VARCHAR(60) NOT NULL,
	action VARCHAR(60) NOT NULL,
	object_type VARCHAR(40) NOT NULL,
	object_id UUID NOT NULL,
	changes JSONB NOT NULL,
	cause VARCHAR(200) NOT NULL,
	request_id VARCHAR(64) NOT NULL,
	CONSTRAINT pk_audit_entries PRIMARY KEY (store_id, id)
)
CREATE INDEX ix_audit_entries_object ON audit_entries (store_id, object_id, id)
CREATE TABLE captures (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	payment_id UUID NOT NULL,
	attempt_id UUID,
	source VARCHAR(8) DEFAULT 'razorpay' NOT NULL,
	provider_payment_id VARCHAR(40) NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	method VARCHAR(20) NOT NULL,
	fee_amount BIGINT,
	fee_tax_amount BIGINT,
	captured_at TIMESTAMP WITH TIME ZONE NOT NULL,
	refunded_amount BIGINT DEFAULT '0' NOT NULL,
	is_counted BOOLEAN NOT NULL,
	CONSTRAINT pk_captures PRIMARY KEY (store_id, id),
	CONSTRAINT fk_captures_store_id_payment_id FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
	CONSTRAINT fk_captures_store_id_attempt_id FOREIGN KEY(store_id, attempt_id) REFERENCES payment_attempts (store_id, id),
	CONSTRAINT uq_captures_store_id_provider_payment_id UNIQUE (store_id, provider_payment_id),
	CONSTRAINT ck_captures_amount_positive CHECK (amount > 0),
	CONSTRAINT ck_captures_source_known CHECK (source in ('razorpay', 'wallet', 'cash', 'bank')),
	CONSTRAINT ck_captures_provider_has_attempt CHECK ((source = 'razorpay') = (attempt_id is not null)),
	CONSTRAINT ck_captures_refunded_once CHECK (refunded_amount between 0 and amount)
)
CREATE UNIQUE INDEX uq_captures_counted ON captures (store_id, payment_id) WHERE is_counted
CREATE TABLE cart_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	cart_id UUID NOT NULL,
	variant_id UUID NOT NULL,
	quantity INTEGER NOT NULL,
	seen_amount BIGINT,
	CONSTRAINT pk_cart_lines PRIMARY KEY (store_id, id),
	CONSTRAINT uq_cart_lines_store_id_cart_id_variant_id UNIQUE (store_id, cart_id, variant_id),
	CONSTRAINT fk_cart_lines_store_id_cart_id FOREIGN KEY(store_id, cart_id) REFERENCES carts (store_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_cart_lines_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_cart_lines_quantity_in_range CHECK (quantity between 1 and 99)
)
CREATE TABLE carts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID,
	token_hash VARCHAR(64),
	status VARCHAR(10) NOT NULL,
	touched_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_carts PRIMARY KEY (store_id, id),
	CONSTRAINT fk_carts_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT ck_carts_status_known CHECK (status in ('open', 'converted', 'merged', 'expired')),
	CONSTRAINT ck_carts_one_owner CHECK ((customer_id is null) <> (token_hash is null)),
	CONSTRAINT uq_carts_store_id_token_hash UNIQUE (store_id, token_hash)
)
CREATE INDEX ix_carts_untouched ON carts (store_id, touched_at) WHERE status = 'open'
CREATE UNIQUE INDEX uq_carts_open ON carts (store_id, customer_id) WHERE status = 'open'
CREATE TABLE cash_handovers (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	rider_id UUID NOT NULL,
	expected_amount BIGINT NOT NULL,
	counted_amount BIGINT NOT NULL,
	difference_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	received_by_id UUID NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_cash_handovers PRIMARY KEY (store_id, id),
	CONSTRAINT fk_cash_handovers_store_id_rider_id FOREIGN KEY(store_id, rider_id) REFERENCES staff (store_id, id),
	CONSTRAINT fk_cash_handovers_store_id_received_by_id FOREIGN KEY(store_id, received_by_id) REFERENCES staff (store_id, id),
	CONSTRAINT ck_cash_handovers_amounts_sane CHECK (expected_amount > 0 and counted_amount >= 0),
	CONSTRAINT ck_cash_handovers_difference_follows CHECK (difference_amount = counted_amount - expected_amount),
	CONSTRAINT ck_cash_handovers_four_eyes CHECK (received_by_id <> rider_id)
)
CREATE INDEX ix_cash_handovers_rider ON cash_handovers (store_id, rider_id, id)
CREATE TABLE customers (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	phone VARCHAR(16),
	email VARCHAR(254),
	name VARCHAR(120) NOT NULL,
	kind VARCHAR(11) NOT NULL,
	password_hash VARCHAR(200),
	credit_limit_amount BIGINT,
	erased_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_customers PRIMARY KEY (store_id, id),
	CONSTRAINT uq_customers_store_id_phone UNIQUE (store_id, phone),
	CONSTRAINT uq_customers_store_id_email UNIQUE (store_id, email),
	CONSTRAINT ck_customers_kind_known CHECK (kind in ('consumer', 'distributor')),
	CONSTRAINT ck_customers_phone_e164 CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
	CONSTRAINT ck_customers_email_lower_case CHECK (email = lower(email)),
	CONSTRAINT ck_customers_reachable CHECK (phone is not null or email is not null or erased_at is not null),
	CONSTRAINT ck_customers_erased_is_empty CHECK (erased_at is null or (phone is null and email is null and name = '' and password_hash is null)),
	CONSTRAINT ck_customers_credit_limit_not_negative CHECK (credit_limit_amount >= 0),
	CONSTRAINT ck_customers_credit_for_distributors CHECK (credit_limit_amount is null or kind = 'distributor')
)
CREATE TABLE cycles (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	subscription_id UUID NOT NULL,
	delivers_on DATE NOT NULL,
	shift VARCHAR(7) DEFAULT 'morning' NOT NULL,
	status VARCHAR(9) NOT NULL,
	reason VARCHAR(60) NOT NULL,
	edit_until TIMESTAMP WITH TIME ZONE NOT NULL,
	notify_at TIMESTAMP WITH TIME ZONE,
	charge_at TIMESTAMP WITH TIME ZONE,
	slot_id UUID,
	reminded_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_cycles PRIMARY KEY (store_id, id),
	CONSTRAINT fk_cycles_store_id_subscription_id FOREIGN KEY(store_id, subscription_id) REFERENCES subscriptions (store_id, id),
	CONSTRAINT uq_cycles_store_id_subscription_id_delivers_on UNIQUE (store_id, subscription_id, delivers_on),
	CONSTRAINT ck_cycles_status_known CHECK (status in ('created', 'skipped', 'failed')),
	CONSTRAINT ck_cycles_outcome_has_reason CHECK ((status = 'created') = (reason = '')),
	CONSTRAINT ck_cycles_charge_is_notified CHECK ((notify_at is null) = (charge_at is null)),
	CONSTRAINT ck_cycles_notified_before_charge CHECK (charge_at > notify_at),
	CONSTRAINT ck_cycles_shift_known CHECK (shift in ('morning', 'evening'))
)
CREATE INDEX ix_cycles_delivers_on ON cycles (store_id, delivers_on)
CREATE INDEX ix_cycles_reminder ON cycles (store_id, created_at) WHERE reminded_at is null and status = 'created'
CREATE TABLE debits (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	attempt_id UUID NOT NULL,
	mandate_id UUID NOT NULL,
	try_number SMALLINT NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	status VARCHAR(9) NOT NULL,
	provider_payment_id VARCHAR(40),
	failure_reason VARCHAR(100),
	decided_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_debits PRIMARY KEY (store_id, id),
	CONSTRAINT fk_debits_store_id_attempt_id FOREIGN KEY(store_id, attempt_id) REFERENCES payment_attempts (store_id, id),
	CONSTRAINT fk_debits_store_id_mandate_id FOREIGN KEY(store_id, mandate_id) REFERENCES mandates (store_id, id),
	CONSTRAINT uq_debits_store_id_attempt_id_try_number UNIQUE (store_id, attempt_id, try_number),
	CONSTRAINT ck_debits_status_known CHECK (status in ('due', 'pending', 'captured', 'failed', 'withdrawn')),
	CONSTRAINT ck_debits_amount_positive CHECK (amount > 0),
	CONSTRAINT ck_debits_tries_limited CHECK (try_number between 1 and 4),
	CONSTRAINT ck_debits_accepted_has_payment CHECK (status not in ('pending', 'captured') or provider_payment_id is not null),
	CONSTRAINT ck_debits_decided_stamped CHECK ((status in ('due', 'pending')) = (decided_at is null)),
	CONSTRAINT ck_debits_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_debits_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_debits_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_debits_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_debits_due ON debits (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_debits_leased ON debits (lease_until) WHERE work_status = 'working'
CREATE UNIQUE INDEX uq_debits_attempt ON debits (store_id, attempt_id) WHERE status in ('due', 'pending', 'captured')
CREATE UNIQUE INDEX uq_debits_mandate ON debits (store_id, mandate_id) WHERE status in ('due', 'pending')
CREATE UNIQUE INDEX uq_debits_provider_payment ON debits (store_id, provider_payment_id)
CREATE TABLE delivery_changes (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	subscription_id UUID NOT NULL,
	delivers_on DATE NOT NULL,
	variant_id UUID,
	quantity INTEGER NOT NULL,
	CONSTRAINT pk_delivery_changes PRIMARY KEY (store_id, id),
	CONSTRAINT fk_delivery_changes_store_id_subscription_id FOREIGN KEY(store_id, subscription_id) REFERENCES subscriptions (store_id, id),
	CONSTRAINT fk_delivery_changes_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_delivery_changes_quantity_sane CHECK (quantity between 0 and 99),
	CONSTRAINT ck_delivery_changes_whole_is_left_out CHECK (variant_id is not null or quantity = 0)
)
CREATE UNIQUE INDEX uq_delivery_changes_day ON delivery_changes (store_id, subscription_id, delivers_on, variant_id) NULLS NOT DISTINCT
CREATE TABLE disputes (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	payment_id UUID NOT NULL,
	capture_id UUID NOT NULL,
	provider_dispute_id VARCHAR(40) NOT NULL,
	status VARCHAR(15) NOT NULL,
	phase VARCHAR(30),
	reason_code VARCHAR(60),
	amount BIGINT NOT NULL,
	deducted_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	respond_by TIMESTAMP WITH TIME ZONE,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	decided_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_disputes PRIMARY KEY (store_id, id),
	CONSTRAINT fk_disputes_store_id_payment_id FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
	CONSTRAINT fk_disputes_store_id_capture_id FOREIGN KEY(store_id, capture_id) REFERENCES captures (store_id, id),
	CONSTRAINT uq_disputes_store_id_provider_dispute_id UNIQUE (store_id, provider_dispute_id),
	CONSTRAINT ck_disputes_status_known CHECK (status in ('open', 'under_review', 'action_required', 'won', 'lost', 'closed')),
	CONSTRAINT ck_disputes_deducted_within_amount CHECK (amount > 0 and deducted_amount between 0 and amount),
	CONSTRAINT ck_disputes_decided_stamped CHECK ((status in ('open', 'under_review', 'action_required')) = (decided_at is null))
)
CREATE INDEX ix_disputes_capture ON disputes (store_id, capture_id)
CREATE INDEX ix_disputes_open ON disputes (store_id, respond_by) WHERE status in ('open', 'under_review', 'action_required')
CREATE TABLE document_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	document_id UUID NOT NULL,
	line_count INTEGER NOT NULL,
	position INTEGER NOT NULL,
	order_line_id UUID NOT NULL,
	is_delivery BOOLEAN NOT NULL,
	name VARCHAR(200) NOT NULL,
	hsn VARCHAR(8) NOT NULL,
	unit VARCHAR(40) NOT NULL,
	quantity INTEGER NOT NULL,
	grams INTEGER,
	unit_price_amount BIGINT NOT NULL,
	rate_bp INTEGER NOT NULL,
	is_exempt BOOLEAN NOT NULL,
	taxable_amount BIGINT NOT NULL,
	cgst_amount BIGINT NOT NULL,
	sgst_amount BIGINT NOT NULL,
	igst_amount BIGINT NOT NULL,
	total_amount BIGINT NOT NULL,
	CONSTRAINT pk_document_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_document_lines_store_id_document_id_line_count FOREIGN KEY(store_id, document_id, line_count) REFERENCES documents (store_id, id, line_count),
	CONSTRAINT fk_document_lines_store_id_order_line_id FOREIGN KEY(store_id, order_line_id) REFERENCES order_lines (store_id, id),
	CONSTRAINT uq_document_lines_store_id_document_id_position UNIQUE (store_id, document_id, position),
	CONSTRAINT uq_document_lines_store_id_document_id_order_line_id UNIQUE (store_id, document_id, order_line_id),
	CONSTRAINT ck_document_lines_position_counted CHECK (position between 1 and line_count),
	CONSTRAINT ck_document_lines_hsn_digits CHECK (hsn ~ '^[0-9]{4,8}$'),
	CONSTRAINT ck_document_lines_quantity_sane CHECK (quantity >= 0 and grams > 0),
	CONSTRAINT ck_document_lines_rate_in_range CHECK (rate_bp between 0 and 10000),
	CONSTRAINT ck_document_lines_no_tax_without_rate CHECK (rate_bp > 0 or taxable_amount = total_amount),
	CONSTRAINT ck_document_lines_exempt_has_no_rate CHECK (not is_exempt or rate_bp = 0),
	CONSTRAINT ck_document_lines_amounts_not_negative CHECK (least(unit_price_amount, taxable_amount, cgst_amount, sgst_amount, igst_amount) >= 0),
	CONSTRAINT ck_document_lines_tax_adds_up CHECK (taxable_amount + cgst_amount + sgst_amount + igst_amount = total_amount),
	CONSTRAINT ck_document_lines_tax_heads CHECK (abs(cgst_amount - sgst_amount) <= 1 and (cgst_amount + sgst_amount = 0 or igst_amount = 0))
)
CREATE INDEX ix_document_lines_order_line ON document_lines (store_id, order_line_id)
CREATE TABLE documents (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	kind VARCHAR(26) NOT NULL,
	number VARCHAR(16) NOT NULL,
	gstin VARCHAR(15) NOT NULL,
	series VARCHAR(3) NOT NULL,
	serial BIGINT NOT NULL,
	financial_year VARCHAR(7) NOT NULL,
	issued_on DATE NOT NULL,
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID NOT NULL,
	order_number VARCHAR(30) NOT NULL,
	shipment_id UUID,
	original_document_id UUID,
	reduction_id UUID,
	reason VARCHAR(200) NOT NULL,
	seller JSONB NOT NULL,
	buyer JSONB NOT NULL,
	place_of_supply VARCHAR(2) NOT NULL,
	place_of_supply_name VARCHAR(60) NOT NULL,
	currency VARCHAR(3) NOT NULL,
	line_count INTEGER NOT NULL,
	taxable_amount BIGINT NOT NULL,
	cgst_amount BIGINT NOT NULL,
	sgst_amount BIGINT NOT NULL,
	igst_amount BIGINT NOT NULL,
	exempt_amount BIGINT NOT NULL,
	round_off_amount BIGINT NOT NULL,
	total_amount BIGINT NOT NULL,
	CONSTRAINT pk_documents PRIMARY KEY (store_id, id),
	CONSTRAINT fk_documents_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT fk_documents_store_id_shipment_id FOREIGN KEY(store_id, shipment_id) REFERENCES shipments (store_id, id),
	CONSTRAINT fk_documents_store_id_reduction_id FOREIGN KEY(store_id, reduction_id) REFERENCES reductions (store_id, id),
	CONSTRAINT fk_documents_store_id_original_document_id FOREIGN KEY(store_id, original_document_id) REFERENCES documents (store_id, id),
	CONSTRAINT uq_documents_store_id_gstin_financial_year_number UNIQUE (store_id, gstin, financial_year, number),
	CONSTRAINT uq_documents_store_id_gstin_financial_year_series_serial UNIQUE (store_id, gstin, financial_year, series, serial),
	CONSTRAINT uq_documents_store_id_shipment_id UNIQUE (store_id, shipment_id),
	CONSTRAINT uq_documents_store_id_reduction_id UNIQUE (store_id, reduction_id),
	CONSTRAINT uq_documents_store_id_id_line_count UNIQUE (store_id, id, line_count),
	CONSTRAINT ck_documents_kind_known CHECK (kind in ('tax_invoice', 'bill_of_supply', 'invoice_cum_bill_of_supply', 'credit_note')),
	CONSTRAINT ck_documents_number_lawful CHECK (number ~ '^[A-Za-z0-9/-]{1,16}$'),
	CONSTRAINT ck_documents_counted_from_one CHECK (serial > 0 and line_count > 0),
	CONSTRAINT ck_documents_shipment_documented CHECK ((kind = 'credit_note') = (shipment_id is null)),
	CONSTRAINT ck_documents_credit_note_refers CHECK ((kind = 'credit_note') = (original_document_id is not null) and (kind = 'credit_note') = (reduction_id is not null)),
	CONSTRAINT ck_documents_total_adds_up CHECK (taxable_amount + cgst_amount + sgst_amount + igst_amount + exempt_amount + round_off_amount = total_amount),
	CONSTRAINT ck_documents_amounts_not_negative CHECK (least(taxable_amount, cgst_amount, sgst_amount, igst_amount, exempt_amount, total_amount) >= 0),
	CONSTRAINT ck_documents_tax_halves CHECK (cgst_amount = sgst_amount or kind = 'credit_note'),
	CONSTRAINT ck_documents_tax_heads CHECK (cgst_amount + sgst_amount = 0 or igst_amount = 0),
	CONSTRAINT ck_documents_bill_has_no_tax CHECK (kind <> 'bill_of_supply' or taxable_amount + cgst_amount + igst_amount = 0),
	CONSTRAINT ck_documents_tax_invoice_has_no_exempt CHECK (kind <> 'tax_invoice' or exempt_amount = 0),
	CONSTRAINT ck_documents_round_off_small CHECK (abs(round_off_amount) < 100)
)
CREATE INDEX ix_documents_issued ON documents (store_id, issued_on, id)
CREATE INDEX ix_documents_order ON documents (store_id, order_id, id)
CREATE INDEX ix_documents_original ON documents (store_id, original_document_id)
CREATE TABLE heartbeats (
	name VARCHAR(60) NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_heartbeats PRIMARY KEY (name)
)
CREATE TABLE holidays (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	closed_on DATE NOT NULL,
	name VARCHAR(80) NOT NULL,
	CONSTRAINT pk_holidays PRIMARY KEY (store_id, id),
	CONSTRAINT uq_holidays_store_id_closed_on UNIQUE (store_id, closed_on),
	CONSTRAINT ck_holidays_named CHECK (name <> '')
)
CREATE TABLE idempotency_keys (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	caller VARCHAR(80) NOT NULL,
	key VARCHAR(255) NOT NULL,
	fingerprint VARCHAR(64) NOT NULL,
	status VARCHAR(12) NOT NULL,
	lease_until TIMESTAMP WITH TIME ZONE,
	response_status INTEGER,
	response_body JSONB,
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (store_id, id),
	CONSTRAINT uq_idempotency_keys_store_id_caller_key UNIQUE (store_id, caller, key),
	CONSTRAINT ck_idempotency_keys_status_known CHECK (status in ('in_progress', 'completed')),
	CONSTRAINT ck_idempotency_keys_completed_has_answer CHECK ((status = 'completed') = (response_status is not null))
)
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (store_id, created_at)
CREATE TABLE ledger_accounts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	code VARCHAR(60) NOT NULL,
	CONSTRAINT pk_ledger_accounts PRIMARY KEY (store_id, id),
	CONSTRAINT uq_ledger_accounts_store_id_code UNIQUE (store_id, code)
)
CREATE TABLE login_sessions (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID,
	staff_id UUID,
	family_hash VARCHAR(64) NOT NULL,
	refresh_hash VARCHAR(64) NOT NULL,
	previous_refresh_hash VARCHAR(64),
	rotated_at TIMESTAMP WITH TIME ZONE,
	user_agent VARCHAR(200) NOT NULL,
	ip VARCHAR(45) NOT NULL,
	last_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	revoked_at TIMESTAMP WITH TIME ZONE,
	revoked_reason VARCHAR(30),
	CONSTRAINT pk_login_sessions PRIMARY KEY (store_id, id),
	CONSTRAINT fk_login_sessions_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT fk_login_sessions_store_id_staff_id FOREIGN KEY(store_id, staff_id) REFERENCES staff (store_id, id),
	CONSTRAINT uq_login_sessions_store_id_family_hash UNIQUE (store_id, family_hash),
	CONSTRAINT uq_login_sessions_store_id_refresh_hash UNIQUE (store_id, refresh_hash),
	CONSTRAINT ck_login_sessions_one_person CHECK (num_nonnulls(customer_id, staff_id) = 1),
	CONSTRAINT ck_login_sessions_revoked_with_reason CHECK ((revoked_at is null) = (revoked_reason is null))
)
CREATE INDEX ix_login_sessions_customer_id ON login_sessions (store_id, customer_id) WHERE revoked_at is null
CREATE INDEX ix_login_sessions_last_used_at ON login_sessions (store_id, last_used_at)
CREATE INDEX ix_login_sessions_staff_id ON login_sessions (store_id, staff_id) WHERE revoked_at is null
CREATE TABLE mandates (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	customer_id UUID NOT NULL,
	account_id UUID NOT NULL,
	method VARCHAR(4) NOT NULL,
	status VARCHAR(9) NOT NULL,
	max_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	provider_customer_id VARCHAR(40),
	provider_token_id VARCHAR(40),
	failure_reason VARCHAR(100),
	CONSTRAINT pk_mandates PRIMARY KEY (store_id, id),
	CONSTRAINT fk_mandates_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT fk_mandates_store_id_account_id FOREIGN KEY(store_id, account_id) REFERENCES provider_accounts (store_id, id),
	CONSTRAINT ck_mandates_status_known CHECK (status in ('created', 'pending', 'confirmed', 'rejected', 'paused', 'cancelled', 'expired')),
	CONSTRAINT ck_mandates_method_known CHECK (method in ('upi', 'card')),
	CONSTRAINT ck_mandates_max_amount_positive CHECK (max_amount > 0),
	CONSTRAINT ck_mandates_approved_has_token CHECK (status in ('created', 'rejected') or provider_token_id is not null),
	CONSTRAINT ck_mandates_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_mandates_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_mandates_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_mandates_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_mandates_customer_id ON mandates (store_id, customer_id, id)
CREATE INDEX ix_mandates_due ON mandates (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_mandates_leased ON mandates (lease_until) WHERE work_status = 'working'
CREATE UNIQUE INDEX uq_mandates_token ON mandates (store_id, provider_token_id)
CREATE TABLE message_receipts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	message_id UUID NOT NULL,
	provider VARCHAR(20) NOT NULL,
	event_id VARCHAR(128) NOT NULL,
	event VARCHAR(40) NOT NULL,
	error_code VARCHAR(60),
	happened_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_message_receipts PRIMARY KEY (store_id, id),
	CONSTRAINT fk_message_receipts_store_id_message_id FOREIGN KEY(store_id, message_id) REFERENCES messages (store_id, id),
	CONSTRAINT uq_message_receipts_store_id_provider_event_id UNIQUE (store_id, provider, event_id)
)
CREATE INDEX ix_message_receipts_message_id ON message_receipts (store_id, message_id, id)
CREATE TABLE messages (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	happened_at TIMESTAMP WITH TIME ZONE DEFAULT store_now(),
	channel VARCHAR(5) NOT NULL,
	template VARCHAR(60) NOT NULL,
	template_version SMALLINT NOT NULL,
	kind VARCHAR(13) NOT NULL,
	recipient VARCHAR(254) NOT NULL,
	locale VARCHAR(10) NOT NULL,
	context JSONB NOT NULL,
	secret_context BYTEA,
	event_key VARCHAR(120) NOT NULL,
	subject VARCHAR(500) NOT NULL,
	text TEXT NOT NULL,
	html TEXT NOT NULL,
	segments SMALLINT,
	status VARCHAR(10) NOT NULL,
	provider VARCHAR(20),
	provider_id VARCHAR(120),
	error_code VARCHAR(60),
	error VARCHAR(500),
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	sent_at TIMESTAMP WITH TIME ZONE,
	delivered_at TIMESTAMP WITH TIME ZONE,
	subject_type VARCHAR(40),
	subject_id UUID,
	customer_id UUID,
	CONSTRAINT pk_messages PRIMARY KEY (store_id, id),
	CONSTRAINT fk_messages_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT uq_messages_store_id_event_key_channel_recipient_template UNIQUE (store_id, event_key, channel, recipient, template),
	CONSTRAINT ck_messages_channel_known CHECK (channel in ('email', 'sms')),
	CONSTRAINT ck_messages_kind_known CHECK (kind in ('transactional', 'reminder', 'marketing')),
	CONSTRAINT ck_messages_status_known CHECK (status in ('queued', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'suppressed', 'unknown', 'cancelled')),
	CONSTRAINT ck_messages_subject_whole CHECK ((subject_type is null) = (subject_id is null)),
	CONSTRAINT ck_messages_delivered_stamped CHECK (status <> 'delivered' or delivered_at is not null),
	CONSTRAINT ck_messages_secrets_wiped CHECK (work_status <> 'done' or secret_context is null),
	CONSTRAINT ck_messages_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_messages_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_messages_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_messages_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_messages_customer_id ON messages (store_id, customer_id, id)
CREATE INDEX ix_messages_due ON messages (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_messages_leased ON messages (lease_until) WHERE work_status = 'working'
CREATE INDEX ix_messages_provider_id ON messages (store_id, provider_id) WHERE provider_id is not null
CREATE INDEX ix_messages_subject ON messages (store_id, subject_type, subject_id)
CREATE TABLE number_series (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	series VARCHAR(40) NOT NULL,
	last_number BIGINT NOT NULL,
	CONSTRAINT pk_number_series PRIMARY KEY (store_id, id),
	CONSTRAINT uq_number_series_store_id_series UNIQUE (store_id, series),
	CONSTRAINT ck_number_series_not_negative CHECK (last_number >= 0)
)
CREATE TABLE one_time_codes (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	purpose VARCHAR(12) NOT NULL,
	destination_hash VARCHAR(64) NOT NULL,
	code_hash VARCHAR(64) NOT NULL,
	tries INTEGER NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	withdrawn_at TIMESTAMP WITH TIME ZONE,
	ip VARCHAR(45) NOT NULL,
	CONSTRAINT pk_one_time_codes PRIMARY KEY (store_id, id),
	CONSTRAINT ck_one_time_codes_purpose_known CHECK (purpose in ('sign_in', 'change_phone')),
	CONSTRAINT ck_one_time_codes_tries_limited CHECK (tries between 0 and 5),
	CONSTRAINT ck_one_time_codes_used_or_withdrawn CHECK (used_at is null or withdrawn_at is null)
)
CREATE INDEX ix_one_time_codes_expires_at ON one_time_codes (store_id, expires_at)
CREATE UNIQUE INDEX uq_one_time_codes_live ON one_time_codes (store_id, purpose, destination_hash) WHERE used_at is null and withdrawn_at is null
CREATE TABLE order_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID NOT NULL,
	position INTEGER NOT NULL,
	kind VARCHAR(8) DEFAULT 'goods' NOT NULL,
	variant_id UUID NOT NULL,
	sku VARCHAR(60) NOT NULL,
	name VARCHAR(200) NOT NULL,
	unit VARCHAR(40) NOT NULL,
	hsn VARCHAR(8) NOT NULL,
	tax_rate_bp INTEGER NOT NULL,
	is_exempt BOOLEAN NOT NULL,
	quantity INTEGER NOT NULL,
	piece_grams INTEGER,
	cancelled_quantity INTEGER DEFAULT '0' NOT NULL,
	packed_quantity INTEGER DEFAULT '0' NOT NULL,
	returned_quantity INTEGER DEFAULT '0' NOT NULL,
	unit_price_amount BIGINT NOT NULL,
	taxable_amount BIGINT NOT NULL,
	cgst_amount BIGINT NOT NULL,
	sgst_amount BIGINT NOT NULL,
	igst_amount BIGINT NOT NULL,
	total_amount BIGINT NOT NULL,
	CONSTRAINT pk_order_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_order_lines_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT fk_order_lines_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_order_lines_kind_known CHECK (kind in ('goods', 'shipping')),
	CONSTRAINT ck_order_lines_quantities_not_negative CHECK (least(cancelled_quantity, packed_quantity, returned_quantity) >= 0),
	CONSTRAINT ck_order_lines_quantities_fit CHECK (cancelled_quantity + packed_quantity <= quantity),
	CONSTRAINT ck_order_lines_piece_weighs CHECK (piece_grams > 0),
	CONSTRAINT ck_order_lines_returned_was_packed CHECK (returned_quantity <= packed_quantity),
	CONSTRAINT ck_order_lines_quantity_sane CHECK (quantity between 1 and 99),
	CONSTRAINT ck_order_lines_amounts_positive CHECK (unit_price_amount > 0 and total_amount > 0),
	CONSTRAINT ck_order_lines_tax_adds_up CHECK (taxable_amount + cgst_amount + sgst_amount + igst_amount = total_amount),
	CONSTRAINT ck_order_lines_tax_heads CHECK (cgst_amount = sgst_amount and (cgst_amount = 0 or igst_amount = 0)),
	CONSTRAINT ck_order_lines_tax_rate_sane CHECK (tax_rate_bp between 0 and 10000)
)
CREATE UNIQUE INDEX uq_order_lines_thing ON order_lines (store_id, order_id, variant_id, kind)
CREATE TABLE orders (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	number VARCHAR(30) NOT NULL,
	customer_id UUID NOT NULL,
	cart_id UUID,
	cycle_id UUID,
	status VARCHAR(20) NOT NULL,
	payment_status VARCHAR(20) NOT NULL,
	payment_method VARCHAR(20) NOT NULL,
	currency VARCHAR(3) NOT NULL,
	subtotal_amount BIGINT NOT NULL,
	shipping_amount BIGINT NOT NULL,
	round_off_amount BIGINT NOT NULL,
	tax_amount BIGINT NOT NULL,
	total_amount BIGINT NOT NULL,
	reduced_amount BIGINT DEFAULT '0' NOT NULL,
	place_of_supply VARCHAR(2) NOT NULL,
	address JSONB NOT NULL,
	pricing JSONB NOT NULL,
	placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	confirmed_at TIMESTAMP WITH TIME ZONE,
	cancelled_at TIMESTAMP WITH TIME ZONE,
	cancel_reason VARCHAR(10),
	CONSTRAINT pk_orders PRIMARY KEY (store_id, id),
	CONSTRAINT fk_orders_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT fk_orders_store_id_cart_id FOREIGN KEY(store_id, cart_id) REFERENCES carts (store_id, id),
	CONSTRAINT uq_orders_store_id_number UNIQUE (store_id, number),
	CONSTRAINT uq_orders_store_id_cart_id UNIQUE (store_id, cart_id),
	CONSTRAINT fk_orders_store_id_cycle_id FOREIGN KEY(store_id, cycle_id) REFERENCES cycles (store_id, id),
	CONSTRAINT ck_orders_status_known CHECK (status in ('pending_payment', 'confirmed', 'packed', 'out_for_delivery', 'delivered', 'cancelled')),
	CONSTRAINT ck_orders_payment_status_known CHECK (payment_status in ('unpaid', 'authorised', 'paid')),
	CONSTRAINT ck_orders_total_adds_up CHECK (subtotal_amount + shipping_amount + round_off_amount = total_amount),
	CONSTRAINT ck_orders_amounts_not_negative CHECK (total_amount > 0 and subtotal_amount >= 0 and shipping_amount >= 0),
	CONSTRAINT ck_orders_tax_within_total CHECK (tax_amount between 0 and total_amount),
	CONSTRAINT ck_orders_cancelled_stamped CHECK ((status = 'cancelled') = (cancelled_at is not null)),
	CONSTRAINT ck_orders_confirmed_stamped CHECK (confirmed_at is not null or status in ('pending_payment', 'cancelled')),
	CONSTRAINT ck_orders_reduced_within_total CHECK (reduced_amount between 0 and total_amount),
	CONSTRAINT ck_orders_cancel_reason_known CHECK (cancel_reason in ('expired', 'customer', 'staff'))
)
CREATE INDEX ix_orders_customer ON orders (store_id, customer_id, id)
CREATE INDEX ix_orders_expires ON orders (store_id, expires_at) WHERE status = 'pending_payment'
CREATE INDEX ix_orders_status ON orders (store_id, status, id)
CREATE UNIQUE INDEX uq_orders_cycle ON orders (store_id, cycle_id)
CREATE TABLE payment_attempts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	payment_id UUID NOT NULL,
	account_id UUID NOT NULL,
	receipt VARCHAR(40) NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	provider_order_id VARCHAR(40),
	mandate_id UUID,
	payment_after TIMESTAMP WITH TIME ZONE,
	notice_status VARCHAR(9),
	notice_delivered_at TIMESTAMP WITH TIME ZONE,
	debit_at TIMESTAMP WITH TIME ZONE,
	debit_before TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_payment_attempts PRIMARY KEY (store_id, id),
	CONSTRAINT fk_payment_attempts_store_id_payment_id FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
	CONSTRAINT fk_payment_attempts_store_id_account_id FOREIGN KEY(store_id, account_id) REFERENCES provider_accounts (store_id, id),
	CONSTRAINT uq_payment_attempts_store_id_receipt UNIQUE (store_id, receipt),
	CONSTRAINT ck_payment_attempts_amount_positive CHECK (amount > 0),
	CONSTRAINT fk_payment_attempts_store_id_mandate_id FOREIGN KEY(store_id, mandate_id) REFERENCES mandates (store_id, id),
	CONSTRAINT ck_payment_attempts_notice_status_known CHECK (notice_status in ('created', 'delivered', 'failed')),
	CONSTRAINT ck_payment_attempts_mandate_has_deadline CHECK ((mandate_id is null) = (debit_before is null)),
	CONSTRAINT ck_payment_attempts_debit_needs_mandate CHECK (debit_at is null or mandate_id is not null),
	CONSTRAINT ck_payment_attempts_notice_stamped CHECK ((notice_status = 'delivered') = (notice_delivered_at is not null)),
	CONSTRAINT ck_payment_attempts_done_has_order CHECK (work_status <> 'done' or provider_order_id is not null),
	CONSTRAINT ck_payment_attempts_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_payment_attempts_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_payment_attempts_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_payment_attempts_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_payment_attempts_debit ON payment_attempts (store_id, debit_at) WHERE debit_at is not null
CREATE INDEX ix_payment_attempts_due ON payment_attempts (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_payment_attempts_leased ON payment_attempts (lease_until) WHERE work_status = 'working'
CREATE UNIQUE INDEX uq_payment_attempts_open ON payment_attempts (store_id, payment_id) WHERE work_status in ('queued', 'working', 'unknown')
CREATE UNIQUE INDEX uq_payment_attempts_provider_order ON payment_attempts (store_id, provider_order_id)
CREATE TABLE payments (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID,
	mandate_id UUID,
	top_up_id UUID,
	provider VARCHAR(20) NOT NULL,
	status VARCHAR(12) NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	captured_at TIMESTAMP WITH TIME ZONE,
	failure_reason VARCHAR(100),
	CONSTRAINT pk_payments PRIMARY KEY (store_id, id),
	CONSTRAINT fk_payments_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT fk_payments_store_id_mandate_id FOREIGN KEY(store_id, mandate_id) REFERENCES mandates (store_id, id),
	CONSTRAINT fk_payments_store_id_top_up_id FOREIGN KEY(store_id, top_up_id) REFERENCES top_ups (store_id, id),
	CONSTRAINT ck_payments_for_one_thing CHECK (num_nonnulls(order_id, mandate_id, top_up_id) = 1),
	CONSTRAINT ck_payments_status_known CHECK (status in ('created', 'failed', 'authorised', 'captured')),
	CONSTRAINT ck_payments_amount_positive CHECK (amount > 0),
	CONSTRAINT ck_payments_captured_stamped CHECK ((status = 'captured') = (captured_at is not null))
)
CREATE UNIQUE INDEX uq_payments_mandate ON payments (store_id, mandate_id)
CREATE UNIQUE INDEX uq_payments_order ON payments (store_id, order_id)
CREATE UNIQUE INDEX uq_payments_top_up ON payments (store_id, top_up_id)
CREATE TABLE price_lists (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	code VARCHAR(40) NOT NULL,
	includes_tax BOOLEAN NOT NULL,
	is_default BOOLEAN NOT NULL,
	CONSTRAINT pk_price_lists PRIMARY KEY (store_id, id),
	CONSTRAINT uq_price_lists_store_id_code UNIQUE (store_id, code)
)
CREATE UNIQUE INDEX uq_price_lists_default ON price_lists (store_id) WHERE is_default
CREATE TABLE prices (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	price_list_id UUID NOT NULL,
	variant_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	mrp_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	CONSTRAINT pk_prices PRIMARY KEY (store_id, id),
	CONSTRAINT uq_prices_store_id_price_list_id_variant_id UNIQUE (store_id, price_list_id, variant_id),
	CONSTRAINT fk_prices_store_id_price_list_id FOREIGN KEY(store_id, price_list_id) REFERENCES price_lists (store_id, id),
	CONSTRAINT fk_prices_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_prices_amount_positive CHECK (amount > 0),
	CONSTRAINT ck_prices_never_above_mrp CHECK (mrp_amount >= amount),
	CONSTRAINT ck_prices_currency_code CHECK (currency ~ '^[A-Z]{3}$')
)
CREATE TABLE products (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	slug VARCHAR(80) NOT NULL,
	name VARCHAR(120) NOT NULL,
	description VARCHAR(2000) NOT NULL,
	category VARCHAR(60) NOT NULL,
	image VARCHAR(80) NOT NULL,
	is_veg BOOLEAN NOT NULL,
	is_active BOOLEAN NOT NULL,
	position INTEGER NOT NULL,
	CONSTRAINT pk_products PRIMARY KEY (store_id, id),
	CONSTRAINT uq_products_store_id_slug UNIQUE (store_id, slug),
	CONSTRAINT ck_products_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
	CONSTRAINT ck_products_name_given CHECK (name <> '')
)
CREATE INDEX ix_products_listed ON products (store_id, position, id) WHERE is_active
CREATE TABLE provider_accounts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	provider VARCHAR(20) NOT NULL,
	credentials BYTEA,
	is_active BOOLEAN NOT NULL,
	rejected_events BIGINT NOT NULL,
	rejected_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_provider_accounts PRIMARY KEY (store_id, id),
	CONSTRAINT ck_provider_accounts_provider_known CHECK (provider in ('razorpay', 'sendgrid', 'twilio'))
)
CREATE UNIQUE INDEX uq_provider_accounts_active ON provider_accounts (store_id, provider) WHERE is_active
CREATE TABLE provider_events (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	happened_at TIMESTAMP WITH TIME ZONE DEFAULT store_now(),
	account_id UUID NOT NULL,
	provider VARCHAR(20) NOT NULL,
	event_id VARCHAR(128) NOT NULL,
	event_type VARCHAR(80) NOT NULL,
	headers JSONB NOT NULL,
	body BYTEA NOT NULL,
	outcome VARCHAR(200) NOT NULL,
	subject_id UUID,
	CONSTRAINT pk_provider_events PRIMARY KEY (store_id, id),
	CONSTRAINT uq_provider_events_store_id_account_id_event_id UNIQUE (store_id, account_id, event_id),
	CONSTRAINT fk_provider_events_store_id_account_id FOREIGN KEY(store_id, account_id) REFERENCES provider_accounts (store_id, id),
	CONSTRAINT ck_provider_events_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_provider_events_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_provider_events_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_provider_events_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_provider_events_due ON provider_events (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_provider_events_leased ON provider_events (lease_until) WHERE work_status = 'working'
CREATE INDEX ix_provider_events_subject ON provider_events (store_id, subject_id)
CREATE TABLE provider_watches (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	account_id UUID NOT NULL,
	read_until TIMESTAMP WITH TIME ZONE,
	settled_until TIMESTAMP WITH TIME ZONE,
	report_wanted_at TIMESTAMP WITH TIME ZONE,
	found JSONB NOT NULL,
	CONSTRAINT pk_provider_watches PRIMARY KEY (store_id, id),
	CONSTRAINT fk_provider_watches_store_id_account_id FOREIGN KEY(store_id, account_id) REFERENCES provider_accounts (store_id, id),
	CONSTRAINT ck_provider_watches_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_provider_watches_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_provider_watches_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_provider_watches_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_provider_watches_due ON provider_watches (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_provider_watches_leased ON provider_watches (lease_until) WHERE work_status = 'working'
CREATE UNIQUE INDEX uq_provider_watches_account ON provider_watches (store_id, account_id)
CREATE TABLE receipts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	capture_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	rider_id UUID,
	handover_id UUID,
	reference VARCHAR(60) NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_receipts PRIMARY KEY (store_id, id),
	CONSTRAINT fk_receipts_store_id_capture_id FOREIGN KEY(store_id, capture_id) REFERENCES captures (store_id, id),
	CONSTRAINT fk_receipts_store_id_rider_id FOREIGN KEY(store_id, rider_id) REFERENCES staff (store_id, id),
	CONSTRAINT fk_receipts_store_id_handover_id FOREIGN KEY(store_id, handover_id) REFERENCES cash_handovers (store_id, id),
	CONSTRAINT uq_receipts_store_id_capture_id UNIQUE (store_id, capture_id),
	CONSTRAINT ck_receipts_cash_or_bank CHECK ((rider_id is null) = (reference <> '')),
	CONSTRAINT ck_receipts_handed_in_by_rider CHECK (handover_id is null or rider_id is not null),
	CONSTRAINT ck_receipts_amount_positive CHECK (amount > 0)
)
CREATE INDEX ix_receipts_handover ON receipts (store_id, handover_id)
CREATE INDEX ix_receipts_held ON receipts (store_id, rider_id) WHERE rider_id is not null and handover_id is null
CREATE TABLE reduction_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	reduction_id UUID NOT NULL,
	order_line_id UUID NOT NULL,
	quantity INTEGER NOT NULL,
	taxable_amount BIGINT NOT NULL,
	cgst_amount BIGINT NOT NULL,
	sgst_amount BIGINT NOT NULL,
	igst_amount BIGINT NOT NULL,
	CONSTRAINT pk_reduction_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_reduction_lines_store_id_reduction_id FOREIGN KEY(store_id, reduction_id) REFERENCES reductions (store_id, id),
	CONSTRAINT fk_reduction_lines_store_id_order_line_id FOREIGN KEY(store_id, order_line_id) REFERENCES order_lines (store_id, id),
	CONSTRAINT uq_reduction_lines_store_id_reduction_id_order_line_id UNIQUE (store_id, reduction_id, order_line_id),
	CONSTRAINT ck_reduction_lines_quantity_not_negative CHECK (quantity >= 0),
	CONSTRAINT ck_reduction_lines_heads_not_negative CHECK (least(taxable_amount, cgst_amount, sgst_amount, igst_amount) >= 0)
)
CREATE INDEX ix_reduction_lines_order_line ON reduction_lines (store_id, order_line_id)
CREATE TABLE reductions (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID NOT NULL,
	reason VARCHAR(16) NOT NULL,
	amount BIGINT NOT NULL,
	round_off_amount BIGINT NOT NULL,
	return_id UUID,
	document_id UUID,
	refund_to VARCHAR(7) NOT NULL,
	note VARCHAR(200) NOT NULL,
	CONSTRAINT pk_reductions PRIMARY KEY (store_id, id),
	CONSTRAINT fk_reductions_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT fk_reductions_store_id_return_id FOREIGN KEY(store_id, return_id) REFERENCES returns (store_id, id),
	CONSTRAINT ck_reductions_reason_known CHECK (reason in ('cancelled', 'line_cancelled', 'weight', 'not_delivered', 'short', 'spoilt', 'unwanted', 'goodwill', 'made_at_provider')),
	CONSTRAINT ck_reductions_amount_not_negative CHECK (amount >= 0)
)
CREATE INDEX ix_reductions_order ON reductions (store_id, order_id)
CREATE TABLE refunds (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	payment_id UUID NOT NULL,
	capture_id UUID NOT NULL,
	reduction_id UUID,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	destination VARCHAR(7) NOT NULL,
	reason VARCHAR(16) NOT NULL,
	status VARCHAR(9) NOT NULL,
	receipt VARCHAR(40) NOT NULL,
	provider_refund_id VARCHAR(40),
	failure_reason VARCHAR(100),
	happened_at TIMESTAMP WITH TIME ZONE DEFAULT store_now(),
	decided_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_refunds PRIMARY KEY (store_id, id),
	CONSTRAINT fk_refunds_store_id_payment_id FOREIGN KEY(store_id, payment_id) REFERENCES payments (store_id, id),
	CONSTRAINT fk_refunds_store_id_capture_id FOREIGN KEY(store_id, capture_id) REFERENCES captures (store_id, id),
	CONSTRAINT fk_refunds_store_id_reduction_id FOREIGN KEY(store_id, reduction_id) REFERENCES reductions (store_id, id),
	CONSTRAINT ck_refunds_status_known CHECK (status in ('pending', 'processed', 'failed')),
	CONSTRAINT ck_refunds_destination_known CHECK (destination in ('source', 'wallet', 'by_hand')),
	CONSTRAINT ck_refunds_reason_known CHECK (reason in ('reduction', 'paid_twice', 'paid_late', 'approval', 'made_at_provider')),
	CONSTRAINT ck_refunds_amount_positive CHECK (amount > 0),
	CONSTRAINT ck_refunds_decided_stamped CHECK ((status = 'pending') = (decided_at is null)),
	CONSTRAINT ck_refunds_reduction_named CHECK (reason <> 'reduction' or reduction_id is not null),
	CONSTRAINT ck_refunds_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_refunds_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_refunds_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_refunds_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_refunds_capture ON refunds (store_id, capture_id)
CREATE INDEX ix_refunds_due ON refunds (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_refunds_leased ON refunds (lease_until) WHERE work_status = 'working'
CREATE INDEX ix_refunds_payment ON refunds (store_id, payment_id)
CREATE UNIQUE INDEX uq_refunds_provider_refund ON refunds (store_id, provider_refund_id)
CREATE UNIQUE INDEX uq_refunds_receipt ON refunds (store_id, receipt)
CREATE UNIQUE INDEX uq_refunds_reduction ON refunds (store_id, reduction_id, capture_id) WHERE status <> 'failed'
CREATE TABLE reservations (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID,
	variant_id UUID NOT NULL,
	quantity INTEGER NOT NULL,
	status VARCHAR(10) NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_reservations PRIMARY KEY (store_id, id),
	CONSTRAINT fk_reservations_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT fk_reservations_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT ck_reservations_quantity_positive CHECK (quantity > 0),
	CONSTRAINT ck_reservations_status_known CHECK (status in ('held', 'released', 'deducted'))
)
CREATE UNIQUE INDEX uq_reservations_held ON reservations (store_id, order_id, variant_id) WHERE status = 'held'
CREATE TABLE return_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	return_id UUID NOT NULL,
	order_line_id UUID NOT NULL,
	quantity INTEGER NOT NULL,
	is_restocked BOOLEAN NOT NULL,
	CONSTRAINT pk_return_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_return_lines_store_id_return_id FOREIGN KEY(store_id, return_id) REFERENCES returns (store_id, id),
	CONSTRAINT fk_return_lines_store_id_order_line_id FOREIGN KEY(store_id, order_line_id) REFERENCES order_lines (store_id, id),
	CONSTRAINT uq_return_lines_store_id_return_id_order_line_id UNIQUE (store_id, return_id, order_line_id),
	CONSTRAINT ck_return_lines_quantity_positive CHECK (quantity > 0)
)
CREATE INDEX ix_return_lines_order_line ON return_lines (store_id, order_line_id)
CREATE TABLE returns (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID NOT NULL,
	status VARCHAR(10) NOT NULL,
	reason VARCHAR(16) NOT NULL,
	note VARCHAR(500) NOT NULL,
	refund_to VARCHAR(6) NOT NULL,
	happened_at TIMESTAMP WITH TIME ZONE DEFAULT store_now(),
	decided_at TIMESTAMP WITH TIME ZONE,
	decided_because VARCHAR(200) NOT NULL,
	CONSTRAINT pk_returns PRIMARY KEY (store_id, id),
	CONSTRAINT fk_returns_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT ck_returns_status_known CHECK (status in ('reported', 'accepted', 'declined')),
	CONSTRAINT ck_returns_reason_known CHECK (reason in ('not_delivered', 'short', 'spoilt', 'unwanted')),
	CONSTRAINT ck_returns_refund_to_known CHECK (refund_to in ('source', 'wallet')),
	CONSTRAINT ck_returns_decided_stamped CHECK ((status = 'reported') = (decided_at is null))
)
CREATE INDEX ix_returns_order ON returns (store_id, order_id)
CREATE INDEX ix_returns_status ON returns (store_id, status, id)
CREATE TABLE schedules (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	name VARCHAR(60) NOT NULL,
	task VARCHAR(120) NOT NULL,
	minute VARCHAR(100),
	hour VARCHAR(100),
	weekday VARCHAR(40),
	interval_seconds INTEGER,
	zone VARCHAR(60) NOT NULL,
	arguments JSONB NOT NULL,
	is_enabled BOOLEAN NOT NULL,
	catch_up VARCHAR(4) NOT NULL,
	opened_until TIMESTAMP WITH TIME ZONE NOT NULL,
	next_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_schedules PRIMARY KEY (store_id, id),
	CONSTRAINT uq_schedules_store_id_name UNIQUE (store_id, name),
	CONSTRAINT ck_schedules_one_rhythm CHECK ((interval_seconds is null) = (minute is not null and hour is not null and weekday is not null)),
	CONSTRAINT ck_schedules_interval_positive CHECK (interval_seconds > 0),
	CONSTRAINT ck_schedules_catch_up_known CHECK (catch_up in ('all', 'last', 'none')),
	CONSTRAINT ck_schedules_named CHECK (name <> '' and task <> '')
)
CREATE TABLE settlement_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	settlement_id UUID,
	entity_id VARCHAR(40) NOT NULL,
	kind VARCHAR(20) NOT NULL,
	credit_amount BIGINT NOT NULL,
	debit_amount BIGINT NOT NULL,
	gross_amount BIGINT NOT NULL,
	fee_amount BIGINT NOT NULL,
	fee_tax_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	provider_payment_id VARCHAR(40),
	capture_id UUID,
	refund_id UUID,
	dispute_id UUID,
	problem VARCHAR(20),
	settled_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_settlement_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_settlement_lines_store_id_settlement_id FOREIGN KEY(store_id, settlement_id) REFERENCES settlements (store_id, id),
	CONSTRAINT fk_settlement_lines_store_id_capture_id FOREIGN KEY(store_id, capture_id) REFERENCES captures (store_id, id),
	CONSTRAINT fk_settlement_lines_store_id_refund_id FOREIGN KEY(store_id, refund_id) REFERENCES refunds (store_id, id),
	CONSTRAINT fk_settlement_lines_store_id_dispute_id FOREIGN KEY(store_id, dispute_id) REFERENCES disputes (store_id, id),
	CONSTRAINT uq_settlement_lines_store_id_entity_id UNIQUE (store_id, entity_id),
	CONSTRAINT ck_settlement_lines_sides_not_negative CHECK (debit_amount >= 0 and credit_amount >= 0),
	CONSTRAINT ck_settlement_lines_problem_known CHECK (problem in ('payment_unknown', 'refund_unknown', 'amount_differs', 'fee_differs', 'line_wrong', 'changed', 'adjustment')),
	CONSTRAINT ck_settlement_lines_matches_one_thing CHECK (problem is not null or num_nonnulls(capture_id, refund_id) <= 1)
)
CREATE INDEX ix_settlement_lines_capture ON settlement_lines (store_id, capture_id)
CREATE INDEX ix_settlement_lines_problem ON settlement_lines (store_id, id) WHERE problem is not null
CREATE INDEX ix_settlement_lines_refund ON settlement_lines (store_id, refund_id)
CREATE INDEX ix_settlement_lines_settlement ON settlement_lines (store_id, settlement_id)
CREATE TABLE settlements (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	account_id UUID NOT NULL,
	provider_settlement_id VARCHAR(40) NOT NULL,
	status VARCHAR(9) NOT NULL,
	amount BIGINT NOT NULL,
	fees_amount BIGINT NOT NULL,
	tax_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	utr VARCHAR(40),
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_settlements PRIMARY KEY (store_id, id),
	CONSTRAINT fk_settlements_store_id_account_id FOREIGN KEY(store_id, account_id) REFERENCES provider_accounts (store_id, id),
	CONSTRAINT uq_settlements_store_id_provider_settlement_id UNIQUE (store_id, provider_settlement_id),
	CONSTRAINT ck_settlements_status_known CHECK (status in ('created', 'processed', 'failed')),
	CONSTRAINT ck_settlements_fees_include_tax CHECK (fees_amount >= tax_amount and tax_amount >= 0)
)
CREATE INDEX ix_settlements_made ON settlements (store_id, made_at)
CREATE TABLE shipment_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	shipment_id UUID NOT NULL,
	order_line_id UUID NOT NULL,
	quantity INTEGER NOT NULL,
	packed_grams INTEGER,
	CONSTRAINT pk_shipment_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_shipment_lines_store_id_shipment_id FOREIGN KEY(store_id, shipment_id) REFERENCES shipments (store_id, id),
	CONSTRAINT fk_shipment_lines_store_id_order_line_id FOREIGN KEY(store_id, order_line_id) REFERENCES order_lines (store_id, id),
	CONSTRAINT uq_shipment_lines_store_id_shipment_id_order_line_id UNIQUE (store_id, shipment_id, order_line_id),
	CONSTRAINT ck_shipment_lines_quantity_positive CHECK (quantity > 0),
	CONSTRAINT ck_shipment_lines_weight_positive CHECK (packed_grams > 0)
)
CREATE INDEX ix_shipment_lines_order_line ON shipment_lines (store_id, order_line_id)
CREATE TABLE shipments (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	order_id UUID NOT NULL,
	position INTEGER NOT NULL,
	status VARCHAR(16) NOT NULL,
	packed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	dispatched_at TIMESTAMP WITH TIME ZONE,
	delivered_at TIMESTAMP WITH TIME ZONE,
	failed_attempts INTEGER NOT NULL,
	carrier VARCHAR(60) NOT NULL,
	tracking_url VARCHAR(300) NOT NULL,
	rider_id UUID,
	CONSTRAINT pk_shipments PRIMARY KEY (store_id, id),
	CONSTRAINT fk_shipments_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT fk_shipments_store_id_rider_id FOREIGN KEY(store_id, rider_id) REFERENCES staff (store_id, id),
	CONSTRAINT uq_shipments_store_id_order_id_position UNIQUE (store_id, order_id, position),
	CONSTRAINT ck_shipments_status_known CHECK (status in ('packed', 'out_for_delivery', 'delivered', 'cancelled')),
	CONSTRAINT ck_shipments_dispatched_stamped CHECK (dispatched_at is not null or status in ('packed', 'cancelled')),
	CONSTRAINT ck_shipments_delivered_stamped CHECK ((status = 'delivered') = (delivered_at is not null))
)
CREATE INDEX ix_shipments_rider ON shipments (store_id, rider_id, status)
CREATE TABLE sign_in_tries (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	kind VARCHAR(14) NOT NULL,
	subject_hash VARCHAR(64) NOT NULL,
	ip VARCHAR(45) NOT NULL,
	CONSTRAINT pk_sign_in_tries PRIMARY KEY (store_id, id),
	CONSTRAINT ck_sign_in_tries_kind_known CHECK (kind in ('code_sent', 'password_tried'))
)
CREATE INDEX ix_sign_in_tries_created_at ON sign_in_tries (store_id, kind, created_at)
CREATE INDEX ix_sign_in_tries_ip ON sign_in_tries (store_id, kind, ip, created_at)
CREATE INDEX ix_sign_in_tries_subject ON sign_in_tries (store_id, kind, subject_hash, created_at)
CREATE TABLE slots (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	work_status VARCHAR(10) NOT NULL,
	attempts INTEGER NOT NULL,
	next_attempt_at TIMESTAMP WITH TIME ZONE,
	lease_token UUID,
	lease_until TIMESTAMP WITH TIME ZONE,
	claimed_by VARCHAR(100),
	claimed_alone BOOLEAN NOT NULL,
	is_suspect BOOLEAN NOT NULL,
	lost_leases INTEGER NOT NULL,
	call_outcome_unknown BOOLEAN NOT NULL,
	last_error VARCHAR(500),
	settled_at TIMESTAMP WITH TIME ZONE,
	schedule VARCHAR(60) NOT NULL,
	key VARCHAR(100) NOT NULL,
	task VARCHAR(120) NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	arguments JSONB NOT NULL,
	counts JSONB NOT NULL,
	outcome VARCHAR(200) NOT NULL,
	CONSTRAINT pk_slots PRIMARY KEY (store_id, id),
	CONSTRAINT uq_slots_store_id_schedule_key UNIQUE (store_id, schedule, key),
	CONSTRAINT ck_slots_work_status_known CHECK (work_status in ('queued', 'working', 'unknown', 'done', 'dead')),
	CONSTRAINT ck_slots_lease_held CHECK ((work_status = 'working') = (lease_token is not null and lease_until is not null)),
	CONSTRAINT ck_slots_settled_stamped CHECK ((work_status in ('done', 'dead')) = (settled_at is not null)),
	CONSTRAINT ck_slots_counts_not_negative CHECK (attempts >= 0 and lost_leases >= 0)
)
CREATE INDEX ix_slots_due ON slots (store_id, next_attempt_at) WHERE work_status in ('queued', 'unknown')
CREATE INDEX ix_slots_leased ON slots (lease_until) WHERE work_status = 'working'
CREATE INDEX ix_slots_schedule ON slots (store_id, schedule, due_at)
CREATE TABLE staff (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	email VARCHAR(254) NOT NULL,
	name VARCHAR(120) NOT NULL,
	password_hash VARCHAR(200) NOT NULL,
	role VARCHAR(8) NOT NULL,
	is_active BOOLEAN NOT NULL,
	CONSTRAINT pk_staff PRIMARY KEY (store_id, id),
	CONSTRAINT uq_staff_store_id_email UNIQUE (store_id, email),
	CONSTRAINT ck_staff_role_known CHECK (role in ('support', 'packer', 'finance', 'manager', 'admin')),
	CONSTRAINT ck_staff_email_lower_case CHECK (email = lower(email))
)
CREATE TABLE stock_count_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	count_id UUID NOT NULL,
	variant_id UUID NOT NULL,
	is_open BOOLEAN NOT NULL,
	expected_quantity INTEGER,
	counted_quantity INTEGER,
	counted_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_stock_count_lines PRIMARY KEY (store_id, id),
	CONSTRAINT uq_stock_count_lines_store_id_count_id_variant_id UNIQUE (store_id, count_id, variant_id),
	CONSTRAINT fk_stock_count_lines_store_id_count_id FOREIGN KEY(store_id, count_id) REFERENCES stock_counts (store_id, id),
	CONSTRAINT fk_stock_count_lines_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_stock_count_lines_counted_whole CHECK (num_nulls(expected_quantity, counted_quantity, counted_at) in (0, 3)),
	CONSTRAINT ck_stock_count_lines_not_negative CHECK (expected_quantity >= 0 and counted_quantity >= 0)
)
CREATE UNIQUE INDEX uq_stock_count_lines_open ON stock_count_lines (store_id, variant_id) WHERE is_open
CREATE TABLE stock_counts (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	status VARCHAR(10) NOT NULL,
	note VARCHAR(120) NOT NULL,
	closed_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_stock_counts PRIMARY KEY (store_id, id),
	CONSTRAINT ck_stock_counts_status_known CHECK (status in ('open', 'closed')),
	CONSTRAINT ck_stock_counts_closed_stamped CHECK ((status = 'closed') = (closed_at is not null))
)
CREATE TABLE stock_levels (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	variant_id UUID NOT NULL,
	on_hand INTEGER NOT NULL,
	reserved INTEGER NOT NULL,
	CONSTRAINT pk_stock_levels PRIMARY KEY (store_id, id),
	CONSTRAINT uq_stock_levels_store_id_variant_id UNIQUE (store_id, variant_id),
	CONSTRAINT fk_stock_levels_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_stock_levels_on_hand_not_negative CHECK (on_hand >= 0),
	CONSTRAINT ck_stock_levels_reserved_not_negative CHECK (reserved >= 0),
	CONSTRAINT ck_stock_levels_reserved_is_there CHECK (reserved <= on_hand)
)
CREATE TABLE stock_movements (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	variant_id UUID NOT NULL,
	order_id UUID,
	kind VARCHAR(10) NOT NULL,
	quantity INTEGER NOT NULL,
	on_hand_after INTEGER NOT NULL,
	reserved_after INTEGER NOT NULL,
	cause VARCHAR(200) NOT NULL,
	CONSTRAINT pk_stock_movements PRIMARY KEY (store_id, id),
	CONSTRAINT fk_stock_movements_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT fk_stock_movements_store_id_order_id FOREIGN KEY(store_id, order_id) REFERENCES orders (store_id, id),
	CONSTRAINT ck_stock_movements_kind_known CHECK (kind in ('receive', 'reserve', 'release', 'deduct', 'restock', 'adjust', 'count')),
	CONSTRAINT ck_stock_movements_quantity_moves CHECK (quantity > 0 or (kind in ('adjust', 'count') and quantity <> 0)),
	CONSTRAINT ck_stock_movements_level_possible CHECK (reserved_after between 0 and on_hand_after)
)
CREATE INDEX ix_stock_movements_order ON stock_movements (store_id, order_id)
CREATE INDEX ix_stock_movements_variant ON stock_movements (store_id, variant_id, id)
CREATE TABLE stores (
	id UUID NOT NULL,
	slug VARCHAR(60) NOT NULL,
	name VARCHAR(120) NOT NULL,
	host VARCHAR(253),
	frontend_url VARCHAR(300) NOT NULL,
	is_default BOOLEAN NOT NULL,
	mode VARCHAR(4) NOT NULL,
	zone VARCHAR(60) NOT NULL,
	currency VARCHAR(3) NOT NULL,
	state_code VARCHAR(2) NOT NULL,
	gstin VARCHAR(15),
	order_prefix VARCHAR(4) NOT NULL,
	contact_email VARCHAR(254) NOT NULL,
	clock_offset_seconds BIGINT NOT NULL,
	clock_moves_until TIMESTAMP WITH TIME ZONE,
	settings JSONB NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_stores PRIMARY KEY (id),
	CONSTRAINT ck_stores_mode_known CHECK (mode in ('live', 'test')),
	CONSTRAINT ck_stores_live_clock_is_real CHECK (mode = 'test' or clock_offset_seconds = 0),
	CONSTRAINT ck_stores_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
	CONSTRAINT ck_stores_state_code_digits CHECK (state_code ~ '^[0-9]{2}$'),
	CONSTRAINT uq_stores_slug UNIQUE (slug),
	CONSTRAINT uq_stores_host UNIQUE (host)
)
CREATE UNIQUE INDEX uq_stores_default ON stores (is_default) WHERE is_default
CREATE TABLE subscription_lines (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	subscription_id UUID NOT NULL,
	terms_id UUID,
	position INTEGER NOT NULL,
	variant_id UUID NOT NULL,
	quantity INTEGER NOT NULL,
	by_weekday JSONB DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT pk_subscription_lines PRIMARY KEY (store_id, id),
	CONSTRAINT fk_subscription_lines_store_id_subscription_id FOREIGN KEY(store_id, subscription_id) REFERENCES subscriptions (store_id, id),
	CONSTRAINT fk_subscription_lines_store_id_terms_id FOREIGN KEY(store_id, terms_id) REFERENCES subscription_terms (store_id, id),
	CONSTRAINT fk_subscription_lines_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_subscription_lines_quantity_sane CHECK (quantity between 0 and 99),
	CONSTRAINT ck_subscription_lines_terms_given CHECK (terms_id is not null)
)
CREATE INDEX ix_subscription_lines_subscription_id ON subscription_lines (store_id, subscription_id)
CREATE UNIQUE INDEX uq_subscription_lines_variant ON subscription_lines (store_id, terms_id, variant_id)
CREATE TABLE subscription_terms (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	subscription_id UUID NOT NULL,
	from_on DATE NOT NULL,
	rule JSONB NOT NULL,
	anchor_on DATE NOT NULL,
	address_id UUID NOT NULL,
	shift VARCHAR(7) NOT NULL,
	CONSTRAINT pk_subscription_terms PRIMARY KEY (store_id, id),
	CONSTRAINT fk_subscription_terms_store_id_subscription_id FOREIGN KEY(store_id, subscription_id) REFERENCES subscriptions (store_id, id),
	CONSTRAINT fk_subscription_terms_store_id_address_id FOREIGN KEY(store_id, address_id) REFERENCES addresses (store_id, id),
	CONSTRAINT uq_subscription_terms_store_id_subscription_id_from_on UNIQUE (store_id, subscription_id, from_on),
	CONSTRAINT ck_subscription_terms_shift_known CHECK (shift in ('morning', 'evening'))
)
CREATE TABLE subscriptions (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID NOT NULL,
	status VARCHAR(16) NOT NULL,
	payment_method VARCHAR(16) NOT NULL,
	billing_owner VARCHAR(8) DEFAULT 'rozana' NOT NULL,
	mandate_id UUID,
	starts_on DATE NOT NULL,
	ends_on DATE,
	ends_after INTEGER,
	next_on DATE,
	plans_at TIMESTAMP WITH TIME ZONE,
	paused_until DATE,
	started_at TIMESTAMP WITH TIME ZONE NOT NULL,
	cancelled_at TIMESTAMP WITH TIME ZONE,
	cancel_reason VARCHAR(200),
	held_at TIMESTAMP WITH TIME ZONE,
	held_reason VARCHAR(200),
	CONSTRAINT pk_subscriptions PRIMARY KEY (store_id, id),
	CONSTRAINT fk_subscriptions_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT fk_subscriptions_store_id_mandate_id FOREIGN KEY(store_id, mandate_id) REFERENCES mandates (store_id, id),
	CONSTRAINT ck_subscriptions_status_known CHECK (status in ('awaiting_mandate', 'active', 'paused', 'action_needed', 'completed', 'cancelled')),
	CONSTRAINT ck_subscriptions_payment_method_known CHECK (payment_method in ('mandate', 'provider', 'wallet', 'pay_link', 'account', 'cash_on_delivery')),
	CONSTRAINT ck_subscriptions_mandate_given CHECK ((payment_method = 'mandate') = (mandate_id is not null)),
	CONSTRAINT ck_subscriptions_billing_owner_known CHECK (billing_owner in ('rozana', 'provider')),
	CONSTRAINT ck_subscriptions_one_billing_owner CHECK ((payment_method = 'provider') = (billing_owner = 'provider')),
	CONSTRAINT ck_subscriptions_plan_whole CHECK ((next_on is null) = (plans_at is null)),
	CONSTRAINT ck_subscriptions_only_live_ones_plan CHECK (plans_at is null or status in ('active', 'paused')),
	CONSTRAINT ck_subscriptions_pause_is_paused CHECK (paused_until is null or status = 'paused'),
	CONSTRAINT ck_subscriptions_cancelled_stamped CHECK ((status = 'cancelled') = (cancelled_at is not null)),
	CONSTRAINT ck_subscriptions_ends_after_some CHECK (ends_after > 0),
	CONSTRAINT ck_subscriptions_held_for_a_reason CHECK ((held_at is null) = (held_reason is null))
)
CREATE INDEX ix_subscriptions_customer_id ON subscriptions (store_id, customer_id, id)
CREATE INDEX ix_subscriptions_mandate_id ON subscriptions (store_id, mandate_id)
CREATE INDEX ix_subscriptions_plan ON subscriptions (store_id, plans_at) WHERE plans_at is not null
CREATE TABLE top_ups (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	started_at TIMESTAMP WITH TIME ZONE NOT NULL,
	paid_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_top_ups PRIMARY KEY (store_id, id),
	CONSTRAINT fk_top_ups_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT ck_top_ups_amount_sane CHECK (amount between 10000 and 1000000)
)
CREATE INDEX ix_top_ups_customer ON top_ups (store_id, customer_id, id)
CREATE TABLE transfers (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	kind VARCHAR(40) NOT NULL,
	debit_account_id UUID NOT NULL,
	credit_account_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	cause_type VARCHAR(40) NOT NULL,
	cause_id UUID NOT NULL,
	CONSTRAINT pk_transfers PRIMARY KEY (store_id, id),
	CONSTRAINT fk_transfers_store_id_debit_account_id FOREIGN KEY(store_id, debit_account_id) REFERENCES ledger_accounts (store_id, id),
	CONSTRAINT fk_transfers_store_id_credit_account_id FOREIGN KEY(store_id, credit_account_id) REFERENCES ledger_accounts (store_id, id),
	CONSTRAINT uq_transfers_store_id_kind_cause_id UNIQUE (store_id, kind, cause_id),
	CONSTRAINT ck_transfers_amount_positive CHECK (amount > 0),
	CONSTRAINT ck_transfers_two_accounts CHECK (debit_account_id <> credit_account_id)
)
CREATE INDEX ix_transfers_credit ON transfers (store_id, credit_account_id)
CREATE INDEX ix_transfers_debit ON transfers (store_id, debit_account_id)
CREATE TABLE vacations (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID NOT NULL,
	first_on DATE NOT NULL,
	last_on DATE NOT NULL,
	CONSTRAINT pk_vacations PRIMARY KEY (store_id, id),
	CONSTRAINT fk_vacations_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT ck_vacations_days_in_order CHECK (last_on >= first_on)
)
CREATE INDEX ix_vacations_customer_id ON vacations (store_id, customer_id, last_on)
CREATE TABLE variant_taxes (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	variant_id UUID NOT NULL,
	valid_from DATE NOT NULL,
	rate_bp INTEGER NOT NULL,
	hsn VARCHAR(8) NOT NULL,
	is_exempt BOOLEAN NOT NULL,
	CONSTRAINT pk_variant_taxes PRIMARY KEY (store_id, id),
	CONSTRAINT uq_variant_taxes_store_id_variant_id_valid_from UNIQUE (store_id, variant_id, valid_from),
	CONSTRAINT fk_variant_taxes_store_id_variant_id FOREIGN KEY(store_id, variant_id) REFERENCES variants (store_id, id),
	CONSTRAINT ck_variant_taxes_rate_in_range CHECK (rate_bp between 0 and 10000),
	CONSTRAINT ck_variant_taxes_hsn_digits CHECK (hsn ~ '^[0-9]{4,8}$'),
	CONSTRAINT ck_variant_taxes_exempt_has_no_rate CHECK (not is_exempt or rate_bp = 0)
)
CREATE TABLE variants (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	product_id UUID NOT NULL,
	sku VARCHAR(40) NOT NULL,
	name VARCHAR(60) NOT NULL,
	unit VARCHAR(20) NOT NULL,
	weight_grams INTEGER,
	sold_by_weight BOOLEAN NOT NULL,
	is_active BOOLEAN NOT NULL,
	position INTEGER NOT NULL,
	CONSTRAINT pk_variants PRIMARY KEY (store_id, id),
	CONSTRAINT uq_variants_store_id_sku UNIQUE (store_id, sku),
	CONSTRAINT fk_variants_store_id_product_id FOREIGN KEY(store_id, product_id) REFERENCES products (store_id, id),
	CONSTRAINT ck_variants_sku_form CHECK (sku ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'),
	CONSTRAINT ck_variants_weight_positive CHECK (weight_grams > 0),
	CONSTRAINT ck_variants_sold_by_weight_has_weight CHECK (not sold_by_weight or weight_grams is not null)
)
CREATE INDEX ix_variants_product ON variants (store_id, product_id)
CREATE TABLE wallet_holds (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	wallet_id UUID NOT NULL,
	holder_id UUID NOT NULL,
	amount BIGINT NOT NULL,
	until_on DATE NOT NULL,
	CONSTRAINT pk_wallet_holds PRIMARY KEY (store_id, id),
	CONSTRAINT fk_wallet_holds_store_id_wallet_id FOREIGN KEY(store_id, wallet_id) REFERENCES wallets (store_id, id),
	CONSTRAINT fk_wallet_holds_store_id_holder_id FOREIGN KEY(store_id, holder_id) REFERENCES subscriptions (store_id, id),
	CONSTRAINT uq_wallet_holds_store_id_holder_id UNIQUE (store_id, holder_id),
	CONSTRAINT ck_wallet_holds_amount_positive CHECK (amount > 0)
)
CREATE INDEX ix_wallet_holds_wallet ON wallet_holds (store_id, wallet_id)
CREATE TABLE wallet_movements (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	wallet_id UUID NOT NULL,
	kind VARCHAR(10) NOT NULL,
	amount BIGINT NOT NULL,
	balance_amount BIGINT NOT NULL,
	cause_type VARCHAR(40) NOT NULL,
	cause_id UUID NOT NULL,
	note VARCHAR(200) NOT NULL,
	moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_wallet_movements PRIMARY KEY (store_id, id),
	CONSTRAINT fk_wallet_movements_store_id_wallet_id FOREIGN KEY(store_id, wallet_id) REFERENCES wallets (store_id, id),
	CONSTRAINT uq_wallet_movements_store_id_kind_cause_id UNIQUE (store_id, kind, cause_id),
	CONSTRAINT ck_wallet_movements_kind_known CHECK (kind in ('top_up', 'spend', 'refund', 'goodwill', 'taken_back')),
	CONSTRAINT ck_wallet_movements_direction CHECK (amount <> 0 and (kind in ('spend', 'taken_back')) = (amount < 0)),
	CONSTRAINT ck_wallet_movements_balance_follows CHECK (balance_amount >= 0 and balance_amount >= amount)
)
CREATE INDEX ix_wallet_movements_wallet ON wallet_movements (store_id, wallet_id, id)
CREATE TABLE wallets (
	store_id UUID NOT NULL,
	id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	customer_id UUID NOT NULL,
	balance_amount BIGINT NOT NULL,
	currency VARCHAR(3) NOT NULL,
	CONSTRAINT pk_wallets PRIMARY KEY (store_id, id),
	CONSTRAINT fk_wallets_store_id_customer_id FOREIGN KEY(store_id, customer_id) REFERENCES customers (store_id, id),
	CONSTRAINT uq_wallets_store_id_customer_id UNIQUE (store_id, customer_id),
	CONSTRAINT ck_wallets_balance_not_negative CHECK (balance_amount >= 0)
)

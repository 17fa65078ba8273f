CREATE TABLE IF NOT EXISTS accounts (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,                  -- key id, account sid, API key id
    secret TEXT NOT NULL,
    facts TEXT NOT NULL,               -- JSON: what else the provider knows of the account
    PRIMARY KEY (provider, id)
);
CREATE TABLE IF NOT EXISTS settings (  -- how the sandbox behaves towards an account
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, name)
);
CREATE TABLE IF NOT EXISTS entities (  -- Razorpay's orders, payments and refunds
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent TEXT,                       -- a payment's order, a refund's payment
    receipt TEXT,
    created_at INTEGER NOT NULL,
    wire TEXT NOT NULL,                -- JSON as the provider shows it
    hidden TEXT NOT NULL               -- JSON it keeps to itself
);
CREATE INDEX IF NOT EXISTS entities_by_account ON entities (account, kind, seq);
CREATE INDEX IF NOT EXISTS entities_by_parent ON entities (parent);
CREATE INDEX IF NOT EXISTS entities_by_receipt ON entities (account, receipt);
CREATE TABLE IF NOT EXISTS ledger (    -- money that moved; only ever appended to
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('capture', 'refund')),
    payment_id TEXT NOT NULL,
    order_id TEXT,
    refund_id TEXT,
    amount INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_by_account ON ledger (account, seq);
CREATE TABLE IF NOT EXISTS messages (  -- e-mail and SMS handed over by the shop
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('email', 'sms')),
    provider_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    html TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    error_code INTEGER,
    at INTEGER NOT NULL,
    facts TEXT NOT NULL                -- JSON: custom arguments, callback URL and the like
);
CREATE INDEX IF NOT EXISTS messages_by_account ON messages (account, seq);
CREATE INDEX IF NOT EXISTS messages_by_provider_id ON messages (provider_id);
CREATE TABLE IF NOT EXISTS events (    -- webhooks and callbacks, as generated
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,                -- the exact text that is sent and signed
    created_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_account ON events (account, seq);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL REFERENCES events (id),
    url TEXT NOT NULL,
    secret TEXT NOT NULL,              -- the signing secret at the time of the event
    state TEXT NOT NULL CHECK (state IN ('held', 'dropped', 'due', 'sending', 'acknowledged', 'given_up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER,              -- NULL: until the event is a day old
    due_at REAL NOT NULL,              -- machine time, not the sandbox's clock
    give_up_at REAL NOT NULL,
    last_status INTEGER,
    last_error TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE state = 'due';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event_id);
CREATE TABLE IF NOT EXISTS faults (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    operation TEXT NOT NULL,
    fault TEXT NOT NULL,
    times_left INTEGER NOT NULL,
    seconds REAL NOT NULL,
    after_effect INTEGER NOT NULL,
    code TEXT
);
CREATE TABLE IF NOT EXISTS calls (     -- every provider call received
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    operation TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    at REAL NOT NULL,                  -- machine time
    status INTEGER,                    -- NULL while unanswered, and when a fault kept the answer back
    fault TEXT
);
CREATE INDEX IF NOT EXISTS calls_by_account ON calls (account, seq);
CREATE TABLE IF NOT EXISTS transitions (  -- what becomes true when an account's clock gets there
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    at INTEGER NOT NULL,               -- the account's clock, Unix seconds
    kind TEXT NOT NULL,
    entity_id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS transitions_by_account ON transitions (account, at, seq);
CREATE INDEX IF NOT EXISTS payments_by_token ON entities (json_extract(wire, '$.token_id')) WHERE kind = 'payment';
CREATE INDEX IF NOT EXISTS notices_by_token ON entities (json_extract(wire, '$.token_id')) WHERE kind = 'notification';
CREATE INDEX IF NOT EXISTS customers_by_contact ON entities (account, json_extract(wire, '$.contact')) WHERE kind = 'customer';
CREATE INDEX IF NOT EXISTS refunds_by_key ON entities (account, json_extract(hidden, '$.key')) WHERE kind = 'refund';

// Memory store of one embedded provider, in the shape `oidc-provider` asks of an adapter.
// The library's own is shared by all providers of a process and forgets after 1000 entries.

// The provider itself says that a token is expired; the store forgets it only later.
const KEPT_AFTER_EXPIRY_MS = 60_000;

/** Makes the adapter factory of a fresh store. */
export function memoryStore() {
  const tables = new Map();
  return (model) => {
    if (!tables.has(model)) tables.set(model, new Map());
    return adapter(tables.get(model));
  };
}

function adapter(table) {
  const read = (id) => {
    const entry = table.get(id);
    if (entry && entry.until <= Date.now()) table.delete(id);
    return table.get(id)?.payload;
  };
  const search = (fits) => {
    for (const id of table.keys()) {
      const payload = read(id);
      if (payload && fits(payload)) return payload;
    }
    return undefined;
  };

  return {
    async upsert(id, payload, expiresIn) {
      const life = expiresIn ? expiresIn * 1000 + KEPT_AFTER_EXPIRY_MS : Infinity;
      table.set(id, { payload, until: Date.now() + life });
    },
    async find(id) {
      return read(id);
    },
    async findByUid(uid) {
      return search((payload) => payload.uid === uid);
    },
    async findByUserCode(userCode) {
      return search((payload) => payload.userCode === userCode);
    },
    async consume(id) {
      const payload = read(id);
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    },
    async destroy(id) {
      table.delete(id);
    },
    async revokeByGrantId(grantId) {
      for (const [id, { payload }] of table) if (payload.grantId === grantId) table.delete(id);
    },
  };
}

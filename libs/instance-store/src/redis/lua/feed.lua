-- An entry of the change feed about one record. The cap is approximate (whole nodes of the stream), which costs nothing.
local function announce(limit, type, id, revision, at, doc)
  redis.call('XADD', base .. ':changes', 'MAXLEN', '~', limit, '*',
    'type', type, 'id', id, 'revision', revision, 'at', at, 'doc', doc)
end

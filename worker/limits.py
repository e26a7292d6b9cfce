"""One budget of requests per token across all workers, kept in Redis; each worker's own while Redis is away.

The same algorithm as `alerting.poll.budget.LocalBudget`, as scripts so that each decision is atomic. Times are Redis's
own: workers' clocks need not agree. Keys carry a hash of the token, never the token.
"""

import hashlib
import logging
import time
import uuid
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from alerting import redis_client
from alerting.poll.budget import (
    LEASE_SECONDS,
    LONGEST_BLOCK_SECONDS,
    PROBE_WAIT_SECONDS,
    RANKS,
    SHARES,
    SHORTEST_WAIT_SECONDS,
    Grant,
    LocalBudget,
    Seen,
)
from alerting.rules.answers import Priority
from worker import outages

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 1.0
AWAY_SECONDS = 5.0
KEPT_SECONDS = 86_400
FALLBACK_PREFIX = "local:"

_COMMON = f"""
local state, uses, flying = KEYS[1], KEYS[2], KEYS[3]
local LEASE, BLOCK = {LEASE_SECONDS}, {LONGEST_BLOCK_SECONDS}
local PROBE, LEAST = {PROBE_WAIT_SECONDS}, {SHORTEST_WAIT_SECONDS}
-- A time is given by tests alone.
local endpoint, ticket, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local known = {{}}
local flat = redis.call('HGETALL', state)
for i = 1, #flat, 2 do known[flat[i]] = tonumber(flat[i + 1]) end
local function of(name) return known[name .. ':' .. endpoint] end
local function set(name, value) redis.call('HSET', state, name, string.format('%.6f', value)) end
local function keep()
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, {KEPT_SECONDS}) end
end
local window = known['window'] or 1
"""

ACQUIRE = (
    _COMMON
    + """
local rank, share = tonumber(ARGV[4]), tonumber(ARGV[5])
local latest = now + LEASE + window
for _, key in ipairs({uses, flying}) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  redis.call('ZREMRANGEBYSCORE', key, '(' .. string.format('%.6f', latest), '+inf')
end
local function wait(seconds, shared, blocked)
  if shared then
    seconds = math.max(seconds, LEAST)
    set('waiting:' .. rank, now + seconds + PROBE)
    keep()
  end
  return {string.format('%.6f', math.max(seconds, LEAST)), blocked and 1 or 0}
end
local function allowed(limit) return math.max(1, math.floor(limit * share)) end

local until_, since = of('blocked_until') or 0, of('blocked_at') or 0
if since <= now and now < until_ then return wait(until_ - now, false, true) end

local ahead = 0
for other = 0, rank - 1 do
  local at = known['waiting:' .. other] or 0
  if now < at and at <= latest then ahead = math.max(ahead, at - now) end
end
if ahead > 0 then return wait(ahead, true, false) end

local in_flight = redis.call('ZCARD', flying)
if not known['known'] and in_flight > 0 then return wait(PROBE, true, false) end

local limit = nil
for name, value in pairs(known) do
  if string.sub(name, 1, 6) == 'limit:' and (limit == nil or value < limit) then limit = value end
end
if limit then
  local over = redis.call('ZCARD', uses) - allowed(limit)
  if over >= 0 then
    local first = redis.call('ZRANGE', uses, over, over, 'WITHSCORES')
    return wait(math.min(tonumber(first[2]) - now, window), true, false)
  end
end
local reset, told_at = of('reset_at') or 0, of('left_at') or 0
if of('limit') and told_at <= now and now < reset then
  local left = of('left') or 0
  if left <= of('limit') - allowed(of('limit')) then return wait(reset - now, false, left <= 0) end
end
if known['concurrent'] then
  local most = rank == 0 and known['concurrent'] or math.max(1, known['concurrent'] - 1)
  if in_flight >= most then return wait(PROBE, true, false) end
end
local lease = string.format('%.6f', now + LEASE)
redis.call('ZADD', flying, lease, ticket)
redis.call('ZADD', uses, lease, ticket)
if of('left') then set('left:' .. endpoint, of('left') - 1) end
keep()
return {'0', 0}
"""
)

REPORT = (
    _COMMON
    + """
local answered = ARGV[4] == '1'
local limit, seen_window, remaining = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local reset_in, concurrent, block_for = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
if seen_window and seen_window > 0 then
  window = seen_window
  set('window', window)
end
if redis.call('ZREM', flying, ticket) == 1 then
  redis.call('ZADD', uses, string.format('%.6f', now + window), ticket)
end
if answered then set('known', 1) end
if limit and limit > 0 then set('limit:' .. endpoint, limit) end
if concurrent and concurrent > 0 then set('concurrent', concurrent) end
if remaining and reset_in then
  local same_window = (of('left_at') or 0) <= now and now < (of('reset_at') or 0)
  if same_window then remaining = math.min(of('left') or 0, remaining) end
  set('left:' .. endpoint, remaining)
  set('left_at:' .. endpoint, now)
  set('reset_at:' .. endpoint, now + math.min(reset_in, BLOCK))
end
if block_for and block_for > 0 then
  set('blocked_at:' .. endpoint, now)
  set('blocked_until:' .. endpoint, now + math.min(block_for, BLOCK))
end
keep()
return 1
"""
)


class RedisBudget:
    """The shared budget. Nothing is connected until the first question."""

    def __init__(self, url: str, token: str) -> None:
        name = hashlib.sha256(token.encode()).hexdigest()[:16]
        self._keys = [f"alerting:budget:{name}:{part}" for part in ("state", "uses", "flying")]
        self._local = LocalBudget()
        self._away_until = 0.0
        self._was_away = False
        client = redis_client.connect(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._acquire = client.register_script(ACQUIRE)
        self._report = client.register_script(REPORT)

    def acquire(self, endpoint: str, priority: Priority, now: float) -> Grant:
        ticket = uuid.uuid4().hex
        answer = self._run("_acquire", endpoint, ticket, "", RANKS[priority], SHARES[priority])
        if answer is None:
            grant = self._local.acquire(endpoint, priority, now)
            return Grant(grant.wait, grant.ticket and FALLBACK_PREFIX + grant.ticket, grant.blocked)
        wait = float(answer[0])
        return Grant(wait, "" if wait else ticket, bool(answer[1]))

    def report(self, endpoint: str, ticket: str, seen: Seen, now: float) -> None:
        # The local one learns too, so that it knows the limits on the day it is needed.
        self._local.report(endpoint, ticket.removeprefix(FALLBACK_PREFIX), seen, now)
        told = (seen.limit, seen.window, seen.remaining, seen.reset_in, seen.concurrent, seen.block_for)
        values = ["" if value is None else value for value in told]
        self._run("_report", endpoint, ticket, "", int(seen.answered), *values)

    def _run(self, script: str, *arguments: Any) -> Any:
        """The script's answer, or None while Redis is away (or full, or read-only)."""
        if time.monotonic() < self._away_until:
            return None
        try:
            answer = getattr(self, script)(keys=self._keys, args=list(arguments))
        except redis.RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            # Once may be an outage of Redis as a whole, of which the worker itself tells.
            if self._was_away and not outages.REDIS.is_on and outages.BUDGET.begin():
                said = "Redis keeps no request budget (%s); until it does, each process counts alone"
                logger.warning(said, type(error).__name__)
            self._was_away = True
            return None
        self._was_away = False
        if outages.BUDGET.end() is not None:
            logger.info("Redis keeps the request budget again")
        return answer

// ioredis, unmodified, against the server on LOCKSTEP_PORT: over RESP3, its default, and over RESP2.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';

for (const protocol of [2, 3]) {
  describe(`ioredis, RESP${protocol}`, () => {
    const connect = () => new Redis({ port: Number(process.env.LOCKSTEP_PORT), host: '127.0.0.1', protocol, maxRetriesPerRequest: 1 });
    let client, other;
    before(async () => {
      [client, other] = [connect(), connect()];
      await client.flushall();
    });
    after(() => {
      client.disconnect();
      other.disconnect();
    });

    test('values of all types', async () => {
      assert.equal(await client.set('k', 'value', 'EX', 100), 'OK');
      assert.equal(await client.get('k'), 'value');
      assert.equal(await client.get('none'), null);
      assert.deepEqual(await client.getBuffer('k'), Buffer.from('value'));
      assert.equal(await client.hset('h', { f: 'v', n: 1 }), 2);
      assert.deepEqual(await client.hgetall('h'), { f: 'v', n: '1' });
      assert.equal(await client.rpush('l', 'a', 'b', 'c'), 3);
      assert.deepEqual(await client.lrange('l', 0, -1), ['a', 'b', 'c']);
      assert.equal(await client.zadd('z', 1.5, 'a', 2, 'b'), 2);
      assert.deepEqual(await client.zrange('z', 0, -1, 'WITHSCORES'), ['a', '1.5', 'b', '2']);
      assert.equal(await client.sadd('s', 1, 2, 2), 2);
      await assert.rejects(client.incr('k'), /ERR value is not an integer or out of range/);
    });

    test('pipelines', async () => {
      const pipeline = client.pipeline();
      for (let i = 0; i < 500; i++) pipeline.set(`p:${i}`, i).incr(`p:${i}`);
      const replies = await pipeline.exec();
      assert.equal(replies.length, 1000);
      assert.deepEqual(replies.slice(-2), [[null, 'OK'], [null, 500]]);
      const [[fault], [, good]] = await client.pipeline().lpush('k', 'x').get('k').exec();
      assert.match(fault.message, /WRONGTYPE/);
      assert.equal(good, 'value');
    });

    test('transactions', async () => {
      assert.deepEqual(await client.multi().set('t', 1).incr('t').get('t').exec(), [[null, 'OK'], [null, 2], [null, '2']]);
      await client.watch('t');
      await other.set('t', 'changed');
      assert.equal(await client.multi().set('t', 'lost').exec(), null);
      assert.equal(await client.get('t'), 'changed');
      await assert.rejects(client.multi({ pipeline: false }).then(() => client.call('nonsense')), /unknown command/);
      await client.discard();
    });

    test('messages of channels, patterns and shard channels', async () => {
      const subscriber = connect();
      try {
        assert.equal(await subscriber.subscribe('news', 'other'), 2);
        assert.equal(await subscriber.psubscribe('w*'), 3);
        await subscriber.ssubscribe('shard');
        const message = once(subscriber, 'message');
        assert.equal(await client.publish('news', 'hello'), 1);
        assert.deepEqual(await message, ['news', 'hello']);
        const matched = once(subscriber, 'pmessage');
        assert.equal(await client.publish('weather', 'rain'), 1);
        assert.deepEqual(await matched, ['w*', 'weather', 'rain']);
        const sharded = once(subscriber, 'smessage');
        assert.equal(await client.spublish('shard', 'part'), 1);
        assert.deepEqual(await sharded, ['shard', 'part']);
        assert.equal(await subscriber.unsubscribe('news', 'other'), 1); // the pattern is left
      } finally {
        subscriber.disconnect();
      }
    });

    test('scripts and functions', async () => {
      assert.deepEqual(await client.eval('return {KEYS[1], ARGV[1], 7.9, false}', 1, 'k', 'a'), ['k', 'a', 7, null]);
      const sha = await client.script('LOAD', "return redis.call('GET', KEYS[1])");
      assert.equal(await client.evalsha(sha, 1, 'k'), 'value');
      await client.script('FLUSH');
      await assert.rejects(client.evalsha(sha, 1, 'k'), /NOSCRIPT/);
      client.defineCommand('add', { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])" });
      assert.equal(await client.add('counter', 5), 5);
      await client.script('FLUSH');
      assert.equal(await client.add('counter', 5), 10); // EVALSHA, then EVAL
      await client.function('LOAD', 'REPLACE', "#!lua name=lib\nredis.register_function('twice', function(_, args) return args[1] * 2 end)");
      assert.equal(await client.fcall('twice', 0, 21), 42);
    });

    test('streams with a group', async () => {
      await client.xgroup('CREATE', 'stream', 'g', '$', 'MKSTREAM');
      const id = await client.xadd('stream', '*', 'f', 'v');
      const read = await client.xreadgroup('GROUP', 'g', 'c', 'COUNT', 10, 'STREAMS', 'stream', '>');
      assert.deepEqual(read.flat(), ['stream', [[id, ['f', 'v']]]]); // pairs over RESP2, a flat map over RESP3
      assert.equal((await client.xpending('stream', 'g'))[0], 1);
      assert.equal(await client.xack('stream', 'g', id), 1);
      assert.deepEqual(await client.xrange('stream', '-', '+'), [[id, ['f', 'v']]]);
      assert.equal((await client.xinfo('STREAM', 'stream')).includes('radix-tree-nodes'), true);
    });

    test('iterators', async () => {
      await client.sadd('members', ...Array.from({ length: 1000 }, (_, i) => i));
      const members = new Set();
      for await (const part of client.sscanStream('members', { count: 100 })) part.forEach((m) => members.add(m));
      assert.equal(members.size, 1000);
      const keys = new Set();
      for await (const part of client.scanStream({ match: 'p:*' })) part.forEach((k) => keys.add(k));
      assert.equal(keys.size, 500);
    });

    test('what waits for another client', async () => {
      const popped = other.blpop('empty', 'queue', 20);
      await client.rpush('queue', 'job');
      assert.deepEqual(await popped, ['queue', 'job']);
      assert.equal(await other.blpop('empty', 0.01), null);
    });

    test('the server and its users', async () => {
      assert.match(await client.info('server'), /redis_version:7\.0/);
      assert.equal((await client.config('GET', 'maxmemory')).toString(), 'maxmemory,0');
      await client.acl('SETUSER', 'alice', 'on', '>secret', '~a:*', '+get');
      const alice = new Redis({ port: Number(process.env.LOCKSTEP_PORT), host: '127.0.0.1', protocol, username: 'alice', password: 'secret', enableReadyCheck: false });
      try {
        assert.equal(await alice.get('a:1'), null);
        await assert.rejects(alice.get('b'), /NOPERM/);
      } finally {
        alice.disconnect();
      }
    });
  });
}

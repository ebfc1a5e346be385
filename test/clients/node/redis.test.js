// redis (node-redis), unmodified, against the server on LOCKSTEP_PORT: over RESP2 and RESP3.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createClient, defineScript } from 'redis';

const add = defineScript({
  SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
  NUMBER_OF_KEYS: 1,
  parseCommand(parser, key, n) {
    parser.pushKey(key);
    parser.push(n.toString());
  },
  transformReply: undefined,
});

for (const RESP of [2, 3]) {
  describe(`redis, RESP${RESP}`, () => {
    const connect = (more) => createClient({ socket: { port: Number(process.env.LOCKSTEP_PORT), host: '127.0.0.1', reconnectStrategy: false }, RESP, scripts: { add }, ...more })
      .on('error', () => {}).connect();
    let client, other;
    before(async () => {
      [client, other] = [await connect(), await connect()];
      await client.flushAll();
    });
    after(() => {
      client?.destroy();
      other?.destroy();
    });

    test('values of all types', async () => {
      assert.equal(await client.set('k', 'value', { EX: 100, NX: true }), 'OK');
      assert.equal(await client.get('k'), 'value');
      assert.equal(await client.get('none'), null);
      assert.equal(await client.hSet('h', { f: 'v', n: 1 }), 2);
      assert.deepEqual({ ...(await client.hGetAll('h')) }, { f: 'v', n: '1' });
      assert.equal(await client.rPush('l', ['a', 'b', 'c']), 3);
      assert.deepEqual(await client.lRange('l', 0, -1), ['a', 'b', 'c']);
      assert.equal(await client.zAdd('z', [{ score: 1.5, value: 'a' }, { score: Infinity, value: 'b' }]), 2);
      assert.deepEqual((await client.zRangeWithScores('z', 0, -1)).map((m) => ({ ...m })), [{ value: 'a', score: 1.5 }, { value: 'b', score: Infinity }]);
      assert.equal(await client.sAdd('s', ['1', '2', '2']), 2);
      assert.equal(await client.geoAdd('g', { longitude: 13.361389, latitude: 38.115556, member: 'Palermo' }), 1);
      assert.deepEqual(await client.geoHash('g', 'Palermo'), ['sqc8b49rny0']);
      await assert.rejects(client.incr('k'), /ERR value is not an integer or out of range/);
    });

    test('pipelines', async () => {
      const calls = [];
      for (let i = 0; i < 500; i++) calls.push(client.set(`p:${i}`, `${i}`), client.incr(`p:${i}`));
      assert.deepEqual((await Promise.all(calls)).slice(-2), ['OK', 500]);
      assert.deepEqual(await client.multi().get('k').lLen('l').execAsPipeline(), ['value', 3]);
    });

    test('transactions', async () => {
      assert.deepEqual(await client.multi().set('t', '1').incr('t').get('t').exec(), ['OK', 2, '2']);
      await client.watch('t');
      await other.set('t', 'changed');
      await assert.rejects(client.multi().set('t', 'lost').exec(), { message: 'One (or more) of the watched keys has been changed' });
      assert.equal(await client.get('t'), 'changed');
    });

    test('messages of channels, patterns and shard channels', async () => {
      const subscriber = await connect();
      try {
        const arrives = (how, channel) => new Promise((resolve, reject) => {
          const subscribed = subscriber[how](channel, (message, from) => resolve([from, message]));
          subscribed.then(() => (how === 'sSubscribe' ? client.sPublish('shard', 'part') : client.publish('news', how)), reject);
        });
        assert.deepEqual(await arrives('subscribe', 'news'), ['news', 'subscribe']);
        await subscriber.unsubscribe('news');
        assert.deepEqual(await arrives('pSubscribe', 'n*'), ['news', 'pSubscribe']);
        await subscriber.pUnsubscribe();
        assert.deepEqual(await arrives('sSubscribe', 'shard'), ['shard', 'part']);
        await subscriber.sUnsubscribe('shard');
        assert.equal(`${await subscriber.ping()}`, 'PONG');
      } finally {
        subscriber.destroy();
      }
    });

    test('scripts and functions', async () => {
      assert.deepEqual(await client.eval('return {KEYS[1], ARGV[1], 7.9, false}', { keys: ['k'], arguments: ['a'] }), ['k', 'a', 7, null]);
      const sha = await client.scriptLoad("return redis.call('GET', KEYS[1])");
      assert.equal(await client.evalSha(sha, { keys: ['k'] }), 'value');
      assert.equal(await client.add('counter', 5), 5);
      await client.scriptFlush();
      await assert.rejects(client.evalSha(sha, { keys: ['k'] }), /NOSCRIPT/);
      assert.equal(await client.add('counter', 5), 10); // EVALSHA, then EVAL
      await client.functionLoad("#!lua name=lib\nredis.register_function('twice', function(_, args) return args[1] * 2 end)", { REPLACE: true });
      assert.equal(await client.fCall('twice', { arguments: ['21'] }), 42);
    });

    test('streams with a group', async () => {
      await client.xGroupCreate('stream', 'g', '$', { MKSTREAM: true });
      const id = await client.xAdd('stream', '*', { f: 'v' });
      const read = JSON.parse(JSON.stringify(await client.xReadGroup('g', 'c', [{ key: 'stream', id: '>' }], { COUNT: 10 })));
      const entries = Array.isArray(read) ? read.find((s) => s.name === 'stream').messages : read.stream;
      assert.deepEqual([entries[0].id, entries[0].message], [id, { f: 'v' }]);
      assert.equal((await client.xPending('stream', 'g')).pending, 1);
      assert.equal(await client.xAck('stream', 'g', id), 1);
      assert.equal((await client.xInfoStream('stream')).length, 1);
    });

    test('iterators', async () => {
      await client.sAdd('members', Array.from({ length: 1000 }, (_, i) => `${i}`));
      const members = new Set();
      for await (const part of client.sScanIterator('members', { COUNT: 100 })) [part].flat().forEach((m) => members.add(m));
      assert.equal(members.size, 1000);
      const keys = new Set();
      for await (const part of client.scanIterator({ MATCH: 'p:*' })) [part].flat().forEach((k) => keys.add(k));
      assert.equal(keys.size, 500);
    });

    test('what waits for another client', async () => {
      const popped = other.blPop(['empty', 'queue'], 20);
      await client.rPush('queue', 'job');
      assert.deepEqual({ ...(await popped) }, { key: 'queue', element: 'job' });
      assert.equal(await other.blPop('empty', 0.01), null);
    });

    test('its cache forgets what another client changes', { skip: RESP < 3 && 'the cache needs RESP3' }, async () => {
      const cached = await connect({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } });
      try {
        await client.set('c', 'old');
        await client.configResetStat();
        for (let i = 0; i < 20; i++) assert.equal(await cached.get('c'), 'old');
        assert.match(await client.info('commandstats'), /cmdstat_get:calls=1,/);
        await client.set('c', 'new');
        const deadline = Date.now() + 20_000;
        while ((await cached.get('c')) !== 'new') {
          assert.ok(Date.now() < deadline, 'the cache has the old value still');
          await setTimeout(2); // what is cached is answered without a look at the socket
        }
      } finally {
        cached.destroy();
      }
    });

    test('the server and its users', async () => {
      assert.match(await client.info('server'), /redis_version:7\.0/);
      assert.deepEqual({ ...(await client.configGet('maxmemory')) }, { maxmemory: '0' });
      await client.aclSetUser('bob', ['on', '>secret', '~a:*', '+get']);
      const bob = await connect({ username: 'bob', password: 'secret', disableClientInfo: true });
      try {
        assert.equal(await bob.get('a:1'), null);
        await assert.rejects(bob.get('b'), /NOPERM/);
      } finally {
        bob.destroy();
      }
    });
  });
}

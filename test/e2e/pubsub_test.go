package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/lockstep-db/lockstep/test/rig"
)

// A real client subscribes, hears what others publish, and goes back to ordinary commands, in both protocols.
func TestPubSubOfARealClient(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", protocol), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			s := rig.Start(t, rig.Ours, "A", nil)
			o := s.Options(0)
			o.Protocol = protocol
			c := redis.NewClient(o)
			defer c.Close()

			sub := c.Subscribe(ctx, "news", "other")
			defer sub.Close()
			for range 2 {
				if _, err := sub.Receive(ctx); err != nil { // the confirmations
					t.Fatal(err)
				}
			}
			if err := sub.PSubscribe(ctx, "n*"); err != nil {
				t.Fatal(err)
			}
			if _, err := sub.Receive(ctx); err != nil {
				t.Fatal(err)
			}
			shard := c.SSubscribe(ctx, "news")
			defer shard.Close()
			if _, err := shard.Receive(ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := c.Publish(ctx, "news", "hello").Result(); n != 2 || err != nil {
				t.Errorf("PUBLISH reached %d (%v), want 2: the channel and the pattern", n, err)
			}
			if n, err := c.SPublish(ctx, "news", "shard").Result(); n != 1 || err != nil {
				t.Errorf("SPUBLISH reached %d (%v), want 1", n, err)
			}
			expectMessage(t, ctx, sub, redis.Message{Channel: "news", Payload: "hello"})
			expectMessage(t, ctx, sub, redis.Message{Channel: "news", Pattern: "n*", Payload: "hello"})
			expectMessage(t, ctx, shard, redis.Message{Channel: "news", Payload: "shard"})
			if err := sub.Ping(ctx, "still there"); err != nil {
				t.Fatal(err)
			}
			if pong, err := sub.Receive(ctx); err != nil || fmt.Sprint(pong) != "Pong<still there>" {
				t.Errorf("PING of a subscriber: %v, %v", pong, err)
			}
			names, err := c.PubSubChannels(ctx, "*").Result()
			if err != nil || len(names) != 2 {
				t.Errorf("PUBSUB CHANNELS: %q, %v", names, err)
			}
		})
	}
}

func expectMessage(t *testing.T, ctx context.Context, sub *redis.PubSub, want redis.Message) {
	t.Helper()
	got, err := sub.ReceiveMessage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got.Channel != want.Channel || got.Pattern != want.Pattern || got.Payload != want.Payload {
		t.Errorf("got %v, want %v", got, &want)
	}
}

// What is published on a master reaches the subscribers of its replica.
func TestReplicasHearMessages(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	master := rig.Start(t, rig.Ours, "A", nil)
	replica := rig.Start(t, rig.Ours, "B", rig.Config{"replicaof": fmt.Sprintf("127.0.0.1 %d", master.Port)})
	sub := replica.DB(0).Subscribe(ctx, "news")
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	rig.Until(t, 20*time.Second, func() error {
		if err := master.DB(0).Publish(ctx, "news", "hello").Err(); err != nil {
			return err
		}
		_, err := sub.ReceiveTimeout(ctx, 200*time.Millisecond)
		return err
	})
}

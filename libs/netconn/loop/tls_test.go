package loop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// TLS runs on goroutines under every back end, side by side with plain connections.
func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	data := pattern(4 << 20)
	backends(t, func(t *testing.T, backend string) {
		closed := make(chan error, 4)
		s := start(t, Options{Backend: backend}, &funcs{
			data:   echo,
			closed: func(c *Conn, err error) { closed <- err },
		})
		plain := s.dial()
		nl := tls.NewListener(listenTCP(t), &tls.Config{Certificates: []tls.Certificate{cert}})
		s.do(func() {
			if _, err := s.l.Listen(nl, "tls"); err != nil {
				t.Error(err)
			}
		})
		nc, err := tls.Dial("tcp", nl.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(patience))
		for range 20 {
			send(t, nc, "secret")
			expect(t, nc, "secret")
			send(t, plain, "plain")
			expect(t, plain, "plain")
		}
		go nc.Write(data)
		if err := checkStream(nc, data); err != nil {
			t.Fatal(err)
		}
		nc.Close()
		if err := wait(t, closed, "Closed"); err != nil {
			t.Errorf("Closed(%v), want nil", err)
		}
		wrong, err := net.Dial("tcp", nl.Addr().String()) // speaks no TLS
		if err != nil {
			t.Fatal(err)
		}
		defer wrong.Close()
		send(t, wrong, "PING\r\n")
		if err := wait(t, closed, "Closed"); err == nil {
			t.Error("Closed(nil) after a failed handshake")
		}
	})
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

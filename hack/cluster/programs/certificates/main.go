// Command certificates makes the authority of a cluster and the certificates that it signs. It reads what to make from
// its standard input, as JSON, and writes `NAME.crt` and `NAME.key` of each, and `ca.crt` and `ca.key`, into the folder
// that is its one argument.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Far longer than a cluster of this kind lives.
const validity = 365 * 24 * time.Hour

// wanted is one certificate: of a server when it has addresses or names, and always of a client.
type wanted struct {
	File         string   `json:"file"`
	CommonName   string   `json:"commonName"`
	Organization string   `json:"organization"`
	Names        []string `json:"names"`
	Addresses    []string `json:"addresses"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	var list []wanted
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		return fmt.Errorf("the list of certificates cannot be read: %w", err)
	}
	authority := template(1, pkix.Name{CommonName: "keeptrusts-cluster"})
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	authorityKey, err := write(folder, "ca", authority, authority, nil)
	if err != nil {
		return err
	}
	for index, each := range list {
		certificate, err := each.template(int64(index) + 2)
		if err != nil {
			return err
		}
		if _, err := write(folder, each.File, certificate, authority, authorityKey); err != nil {
			return err
		}
	}
	return nil
}

func (w wanted) template(serial int64) (*x509.Certificate, error) {
	subject := pkix.Name{CommonName: w.CommonName}
	if w.Organization != "" {
		subject.Organization = []string{w.Organization}
	}
	certificate := template(serial, subject)
	certificate.KeyUsage = x509.KeyUsageDigitalSignature
	certificate.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	certificate.DNSNames = w.Names
	for _, address := range w.Addresses {
		parsed := net.ParseIP(address)
		if parsed == nil {
			return nil, fmt.Errorf("%s: %q is no IP address", w.File, address)
		}
		certificate.IPAddresses = append(certificate.IPAddresses, parsed)
	}
	if len(w.Names)+len(w.Addresses) > 0 {
		certificate.ExtKeyUsage = append(certificate.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	return certificate, nil
}

func template(serial int64, subject pkix.Name) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      subject,
		// A clock that is set back a little must not make them invalid.
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.Add(validity),
	}
}

// write makes a key and a certificate for it, signed by the key of its parent, or by its own where that is nil.
func write(folder, name string, certificate, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if parentKey == nil {
		parentKey = key
	}
	signed, err := x509.CreateCertificate(rand.Reader, certificate, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := writePEM(filepath.Join(folder, name+".key"), "EC PRIVATE KEY", private); err != nil {
		return nil, err
	}
	return key, writePEM(filepath.Join(folder, name+".crt"), "CERTIFICATE", signed)
}

func writePEM(file, kind string, content []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}

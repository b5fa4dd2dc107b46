// A receiver of webhooks. Standard library only.
//
//	WEBHOOK_SECRET='whsec_...' PORT=8080 go run receiver.go
//
// Several secrets are separated by spaces: the old and the new one during a rotation. A secret that begins with whpk_ is
// the public key of an endpoint with the signature v1a.
package main

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance    = 5 * time.Minute
	maxBodyBytes = 1_000_000
)

// Event is what every body has; the rest depends on the type.
type Event struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Sequence int    `json:"sequence"` // of its instance, from 1; 0 for an event of the fleet
}

// IsGenuine says whether a message was sent by the fleet, lately, and is as it was sent. The body is that which came,
// before it is parsed.
func IsGenuine(header http.Header, body []byte, secrets []string) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return false
	}
	// A message that somebody has kept is not believed for ever.
	if age := time.Since(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return false
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	for _, each := range strings.Split(header.Get("webhook-signature"), " ") {
		version, encoded, _ := strings.Cut(each, ",")
		signature, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		for _, secret := range secrets {
			if fits(version, signature, secret, signed) {
				return true
			}
		}
	}
	return false
}

func fits(version string, signature []byte, secret string, signed []byte) bool {
	prefix, encoded, _ := strings.Cut(secret, "_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return false
	}
	switch {
	case version == "v1" && prefix == "whsec":
		expected := hmac.New(sha256.New, key)
		expected.Write(signed)
		return hmac.Equal(signature, expected.Sum(nil))
	case version == "v1a" && prefix == "whpk" && len(key) == ed25519.PublicKeySize:
		return ed25519.Verify(key, signed, signature)
	}
	return false
}

// Receiver knows the ids of messages that were taken already. Keep them where they outlive the process, for as long as
// retries last.
type Receiver struct {
	secrets []string
	mutex   sync.Mutex
	taken   map[string]bool
}

func (receiver *Receiver) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBodyBytes))
	if err != nil {
		response.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if request.Method != http.MethodPost || !IsGenuine(request.Header, body, receiver.secrets) {
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		response.WriteHeader(http.StatusBadRequest)
		return
	}
	receiver.mutex.Lock()
	defer receiver.mutex.Unlock()
	if !receiver.taken[request.Header.Get("webhook-id")] {
		// Store or queue it here: what is answered with 2xx is not sent again.
		fmt.Println(event.ID, event.Type, event.Sequence)
		receiver.taken[request.Header.Get("webhook-id")] = true
	}
	response.WriteHeader(http.StatusNoContent)
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	receiver := &Receiver{secrets: strings.Fields(os.Getenv("WEBHOOK_SECRET")), taken: map[string]bool{}}
	panic(http.Serve(listener, receiver))
}

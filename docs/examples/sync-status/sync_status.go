// Reads, waits for and follows the sync. Standard library only.
//
//	go run sync_status.go http://127.0.0.1:3000 status
//	go run sync_status.go http://127.0.0.1:3000 wait
//	FLEET_API_KEY=your-key go run sync_status.go http://127.0.0.1:3000 follow
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// SyncStatus is what GET /api/v1/sync/status answers; what does not apply is absent.
type SyncStatus struct {
	Status                    string     `json:"status"`
	Step                      string     `json:"step"`
	CurrentResource           string     `json:"currentResource"`
	TotalResources            int        `json:"totalResources"`
	SyncedResources           int        `json:"syncedResources"`
	StartTime                 *time.Time `json:"startTime"`
	EndTime                   *time.Time `json:"endTime"`
	DurationMs                int64      `json:"duration"`
	Error                     string     `json:"error"`
	EstimatedRemainingSeconds *float64   `json:"estimatedRemainingSeconds"`
	Held                      *struct {
		Since       time.Time `json:"since"`
		Reason      string    `json:"reason"`
		WouldRemove int       `json:"wouldRemove"`
	} `json:"held"`
}

// SyncEvent is one step of a sync, with the status right after it.
type SyncEvent struct {
	ID     string     `json:"-"`
	Type   string     `json:"type"`
	At     time.Time  `json:"at"`
	Status SyncStatus `json:"status"` // empty with type "reset", which "sync.status" follows
}

// ErrSyncFailed is wrapped by what WaitForSync returns when the latest sync failed.
var ErrSyncFailed = errors.New("the sync failed")

// ReadSyncStatus needs no key.
func ReadSyncStatus(ctx context.Context, baseURL string) (SyncStatus, error) {
	var status SyncStatus
	response, err := get(ctx, baseURL+"/api/v1/sync/status", nil)
	if err != nil {
		return status, err
	}
	defer response.Body.Close()
	return status, json.NewDecoder(response.Body).Decode(&status)
}

// WaitForSync polls until a sync has completed, the sync fails, or the context ends.
func WaitForSync(ctx context.Context, baseURL string, every time.Duration) (SyncStatus, error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		status, err := ReadSyncStatus(ctx, baseURL)
		switch {
		case err != nil || status.Status == "completed":
			return status, err
		case status.Status == "failed":
			return status, fmt.Errorf("%w: %s", ErrSyncFailed, status.Error)
		}
		fmt.Fprintln(os.Stderr, status)
		select {
		case <-ctx.Done():
			return status, ctx.Err()
		case <-ticker.C:
		}
	}
}

// SyncOfResponse says how fresh any answer of the API is: every one carries these headers.
func SyncOfResponse(response *http.Response) map[string]string {
	found := map[string]string{}
	for name, values := range response.Header {
		if strings.HasPrefix(name, "X-Sync-") {
			found[strings.ToLower(strings.TrimPrefix(name, "X-Sync-"))] = values[0]
		}
	}
	return found
}

// FollowSync calls onEvent with the present status and then with every step of every sync until the context ends. A
// lost connection is made again and goes on after the last event that was received.
func FollowSync(ctx context.Context, baseURL, key string, onEvent func(SyncEvent)) error {
	lastEventID, wait := "", time.Second
	for {
		headers := map[string]string{"Authorization": "Bearer " + key, "Accept": "text/event-stream"}
		if lastEventID != "" {
			headers["Last-Event-ID"] = lastEventID
		}
		response, err := get(ctx, baseURL+"/api/v1/sync/events", headers)
		var refused httpError
		if errors.As(err, &refused) && (refused == http.StatusUnauthorized || refused == http.StatusForbidden) {
			return err
		}
		if err == nil {
			readEvents(response, func(event SyncEvent) {
				wait = time.Second
				if event.ID != "" {
					lastEventID = event.ID
				}
				onEvent(event)
			})
			response.Body.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			if wait *= 2; wait > 30*time.Second {
				wait = 30 * time.Second
			}
		}
	}
}

func readEvents(response *http.Response, onEvent func(SyncEvent)) {
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	id, data := "", ""
	for lines.Scan() {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case field == "id":
			id = value
		case field == "data":
			data += value
		case line == "":
			var event SyncEvent
			if data != "" && json.Unmarshal([]byte(data), &event) == nil {
				event.ID = id
				onEvent(event)
			}
			id, data = "", ""
		}
	}
}

type httpError int

func (code httpError) Error() string { return fmt.Sprintf("the API answered %d", int(code)) }

func get(ctx context.Context, url string, headers map[string]string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, httpError(response.StatusCode)
	}
	return response, nil
}

func (s SyncStatus) String() string {
	line := fmt.Sprintf("%s %d/%d", s.Status, s.SyncedResources, s.TotalResources)
	if s.CurrentResource != "" {
		line += " " + s.CurrentResource
	}
	if s.Held != nil {
		line += ", held: " + s.Held.Reason
	}
	return line
}

func run(url, what string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	switch what {
	case "status":
		status, err := ReadSyncStatus(ctx, url)
		fmt.Println(status)
		return err
	case "headers":
		response, err := get(ctx, url+"/api/v1/health", nil)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		return json.NewEncoder(os.Stdout).Encode(SyncOfResponse(response))
	case "wait":
		status, err := WaitForSync(ctx, url, time.Second)
		fmt.Println(status)
		return err
	case "follow":
		return FollowSync(ctx, url, os.Getenv("FLEET_API_KEY"), func(event SyncEvent) {
			fmt.Println(event.ID, event.Type, event.Status)
		})
	}
	return fmt.Errorf("unknown: %s", what)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sync_status URL status|headers|wait|follow")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package differential

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/galleyhq/galley/internal/database"
)

// ErrNoDataset tells that the shared data are not beside the repository.
var ErrNoDataset = errors.New("the shared data (../shared/data beside the repository) are missing")

// Dataset returns a script of the data shared beside the repository, which holds
// real schemas with real data. It is looked for from the present folder upwards.
func Dataset(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "..", "shared", "data", name+".sql"))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return string(text), err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s.sql: %w", name, ErrNoDataset)
		}
	}
}

// load runs a data set's script as the owner, in one transaction.
func load(ctx context.Context, db database.DB, script string) error {
	return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(ctx, script, nil)
	})
}

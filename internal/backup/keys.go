package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// ParseLock reads whom backups are encrypted for: recipients of age (age1…), or
// the file of a passphrase; neither encrypts nothing.
func ParseLock(recipients []string, passphraseFile string) (Lock, error) {
	if len(recipients) > 0 && passphraseFile != "" {
		return Lock{}, errors.New("a backup is encrypted for recipients or with a passphrase, not both")
	}
	if passphraseFile != "" {
		phrase, err := passphrase(passphraseFile)
		if err != nil {
			return Lock{}, err
		}
		r, err := age.NewScryptRecipient(phrase)
		return Lock{[]age.Recipient{r}}, err
	}
	if len(recipients) == 0 {
		return Lock{}, nil
	}
	all, err := age.ParseRecipients(strings.NewReader(strings.Join(recipients, "\n")))
	if err != nil {
		return Lock{}, fmt.Errorf("the recipient of the backup: %w", err)
	}
	return Lock{all}, nil
}

// ParseKey reads what opens encrypted backups: a file of age identities, or that
// of a passphrase.
func ParseKey(identityFile, passphraseFile string) (Key, error) {
	var key Key
	if passphraseFile != "" {
		phrase, err := passphrase(passphraseFile)
		if err != nil {
			return Key{}, err
		}
		id, err := age.NewScryptIdentity(phrase)
		if err != nil {
			return Key{}, err
		}
		key.Identities = append(key.Identities, id)
	}
	if identityFile == "" {
		return key, nil
	}
	f, err := os.Open(identityFile)
	if err != nil {
		return Key{}, fmt.Errorf("the identity file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	all, err := age.ParseIdentities(f)
	if err != nil {
		return Key{}, fmt.Errorf("the identity file: %w", err)
	}
	key.Identities = append(key.Identities, all...)
	return key, nil
}

// passphrase is the first line of a file.
func passphrase(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the passphrase file: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("the passphrase file %s begins with an empty line", path)
	}
	return line, nil
}

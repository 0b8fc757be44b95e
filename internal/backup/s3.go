package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 is how to reach an object store of S3's interface.
type S3 struct {
	Endpoint  string // URL; "" is AWS
	Region    string // "" asks the store
	AccessKey string // "" takes those of the environment (AWS_ACCESS_KEY_ID …) or of the machine's role
	SecretKey string
	// Spool is the folder of what is to be sent: the whole of an object is
	// written there first, so that a slow network holds nothing up. "" is the
	// system's for temporary files.
	Spool     string
	Transport http.RoundTripper // nil is the usual one
}

const (
	s3Scheme   = "s3://"
	awsURL     = "https://s3.amazonaws.com"
	s3Retries  = 4
	s3PartSize = 16 << 20 // bytes of one request of an upload
	s3Call     = 30 * time.Second
	// s3Least is the speed in bytes a second below which a transfer has failed.
	s3Least = 100 << 10
)

type bucket struct {
	client *minio.Client
	name   string
	prefix string // "" or ends with a slash
	spool  string
}

// ParsePlace returns the place that a text calls: s3://bucket/prefix or a folder.
func ParsePlace(text string, o S3) (Place, error) {
	rest, isS3 := strings.CutPrefix(text, s3Scheme)
	if !isS3 {
		return Folder(text), nil
	}
	name, prefix, _ := strings.Cut(rest, "/")
	if name == "" {
		return nil, fmt.Errorf("%s names no bucket", text)
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	client, err := o.client()
	if err != nil {
		return nil, err
	}
	return &bucket{client: client, name: name, prefix: prefix, spool: o.Spool}, nil
}

func (o S3) client() (*minio.Client, error) {
	if o.Endpoint == "" {
		o.Endpoint = awsURL
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the S3 endpoint %q is no URL of http or https", o.Endpoint)
	}
	keys := credentials.NewStaticV4(o.AccessKey, o.SecretKey, "")
	if o.AccessKey == "" {
		keys = credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{}})
	}
	return minio.New(u.Host, &minio.Options{Creds: keys, Secure: u.Scheme == "https", Region: o.Region,
		MaxRetries: s3Retries, Transport: o.Transport})
}

// String implements Place.
func (b *bucket) String() string {
	return s3Scheme + strings.TrimSuffix(b.name+"/"+b.prefix, "/")
}

// transfer bounds the time of moving some bytes.
func transfer(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 5*time.Minute+time.Duration(size/s3Least)*time.Second)
}

// Create implements Place.
func (b *bucket) Create(_ context.Context, name string) (Upload, error) {
	f, err := os.CreateTemp(b.spool, partPrefix+"*")
	if err != nil {
		return nil, err
	}
	return &sending{File: f, bucket: b, key: b.prefix + name}, nil
}

type sending struct {
	*os.File
	bucket *bucket
	key    string
}

// Commit implements Upload.
func (s *sending) Commit(ctx context.Context) error {
	err := s.send(ctx)
	return errors.Join(err, s.Abort())
}

func (s *sending) send(ctx context.Context) error {
	size, err := s.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = s.Seek(0, io.SeekStart)
	}
	if err != nil {
		return err
	}
	ctx, cancel := transfer(ctx, size)
	defer cancel()
	info, err := s.bucket.client.PutObject(ctx, s.bucket.name, s.key, s.File, size,
		minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: s3PartSize, NumThreads: 2})
	if err != nil {
		return s.bucket.fail("send", s.key, err)
	}
	if info.Size != size {
		return fmt.Errorf("%s%s/%s holds %d bytes of %d", s3Scheme, s.bucket.name, s.key, info.Size, size)
	}
	return nil
}

// Abort implements Upload.
func (s *sending) Abort() error { return errors.Join(s.Close(), os.Remove(s.Name())) }

// Open implements Place.
func (b *bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	stat, cancel := context.WithTimeout(ctx, s3Call)
	defer cancel()
	info, err := b.client.StatObject(stat, b.name, b.prefix+name, minio.StatObjectOptions{})
	if err != nil {
		return nil, b.fail("find", b.prefix+name, err)
	}
	ctx, cancel = transfer(ctx, info.Size)
	o, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		cancel()
		return nil, b.fail("read", b.prefix+name, err)
	}
	return &receiving{Object: o, cancel: cancel}, nil
}

type receiving struct {
	*minio.Object
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (r *receiving) Close() error {
	defer r.cancel()
	return r.Object.Close()
}

// List implements Place.
func (b *bucket) List(ctx context.Context, folder string) ([]Object, error) {
	prefix := b.prefix
	if folder != "" {
		prefix += strings.TrimSuffix(folder, "/") + "/"
	}
	ctx, cancel := context.WithTimeout(ctx, 4*s3Call)
	defer cancel()
	var out []Object
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix}) {
		if o.Err != nil {
			return nil, b.fail("list", prefix, o.Err)
		}
		name := strings.TrimPrefix(o.Key, prefix)
		out = append(out, Object{Name: strings.TrimSuffix(name, "/"), Folder: strings.HasSuffix(name, "/"), Size: o.Size, Modified: o.LastModified})
	}
	return out, nil
}

// Remove implements Place.
func (b *bucket) Remove(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s3Call)
	defer cancel()
	if err := b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}); err != nil {
		return b.fail("remove", b.prefix+name, err)
	}
	return nil
}

// fail says what was tried where. What is not there is fs.ErrNotExist.
func (b *bucket) fail(verb, key string, err error) error {
	if r := minio.ToErrorResponse(err); r.StatusCode == http.StatusNotFound && r.Code == minio.NoSuchKey {
		err = fs.ErrNotExist
	}
	return fmt.Errorf("%s %s%s/%s: %w", verb, s3Scheme, b.name, key, err)
}

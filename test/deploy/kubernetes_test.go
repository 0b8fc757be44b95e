package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// manifest reads a file as one of a type of Kubernetes: a field that there is not, or
// twice, is an error.
func manifest(t *testing.T, dir, name string, to any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(read(t, dir, "deploy", "kubernetes", name)), to); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// kustomization is what there may be in ours.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Images     []struct{ Name, NewName, NewTag string }
}

func TestKubernetes(t *testing.T) {
	dir := project(t, "kubernetes")
	var k kustomization
	manifest(t, dir, "kustomization.yaml", &k)
	var deployment appsv1.Deployment
	var service corev1.Service
	var ingress networkingv1.Ingress
	var budget policyv1.PodDisruptionBudget
	var secret corev1.Secret
	for name, to := range map[string]any{"deployment.yaml": &deployment, "service.yaml": &service, "ingress.yaml": &ingress,
		"poddisruptionbudget.yaml": &budget, "secret.example.yaml": &secret} {
		manifest(t, dir, name, to)
		if listed := slices.Contains(k.Resources, name); listed == strings.Contains(name, "example") {
			t.Errorf("%s is among the resources: %t", name, listed)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "deploy", "kubernetes", "*.yaml"))
	if err != nil || len(files) != len(k.Resources)+2 {
		t.Errorf("%d files, resources %v, %v", len(files), k.Resources, err)
	}
	pod := deployment.Spec.Template
	if *deployment.Spec.Replicas != 2 || !sameLabels(deployment.Spec.Selector.MatchLabels, pod.Labels) ||
		!sameLabels(service.Spec.Selector, pod.Labels) || !sameLabels(budget.Spec.Selector.MatchLabels, pod.Labels) {
		t.Error("replicas or labels")
	}
	checkPod(t, pod.Spec)
	c := pod.Spec.Containers[0]
	if service.Spec.Ports[0].TargetPort.StrVal != c.Ports[0].Name {
		t.Errorf("the service goes to %s", service.Spec.Ports[0].TargetPort.StrVal)
	}
	backend := ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	if backend.Name != service.Name || backend.Port.Name != service.Spec.Ports[0].Name || ingress.Spec.TLS[0].Hosts[0] != ingress.Spec.Rules[0].Host {
		t.Errorf("the ingress goes to %s, port %s", backend.Name, backend.Port.Name)
	}
	if c.EnvFrom[0].SecretRef.Name != secret.Name || secret.StringData["DATABASE_URL"] == "" {
		t.Errorf("the secret is %s, wanted is %s", secret.Name, c.EnvFrom[0].SecretRef.Name)
	}
	if k.Images[0].Name != c.Image || k.Images[0].NewTag == "" || k.Images[0].NewTag == "latest" {
		t.Errorf("images %+v, of %s", k.Images, c.Image)
	}
	var settings strings.Builder
	for _, e := range c.Env {
		settings.WriteString(e.Name + "=" + e.Value + "\n")
	}
	checkSettings(t, dir, strings.ReplaceAll(settings.String(), "GALLEY_DATABASE_DATA", "#"))
}

func sameLabels(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return len(selector) > 0
}

// checkPod looks at rights, probes and room.
func checkPod(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	c := pod.Containers[0]
	s := pod.SecurityContext
	if !*s.RunAsNonRoot || *s.RunAsUser != 65532 || *s.FSGroup != 65532 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault || *pod.AutomountServiceAccountToken {
		t.Errorf("the pod's rights: %+v", s)
	}
	if *c.SecurityContext.AllowPrivilegeEscalation || !*c.SecurityContext.ReadOnlyRootFilesystem || c.SecurityContext.Capabilities.Drop[0] != "ALL" {
		t.Errorf("the container's rights: %+v", c.SecurityContext)
	}
	for name, p := range map[string]*corev1.Probe{"/health/live": c.LivenessProbe, "/health/ready": c.ReadinessProbe} {
		if p == nil || p.HTTPGet.Path != name || p.HTTPGet.Port.StrVal != c.Ports[0].Name {
			t.Errorf("probe %s: %+v", name, p)
		}
	}
	if p := c.StartupProbe; p == nil || p.PeriodSeconds*p.FailureThreshold < 300 {
		t.Errorf("startup probe: %+v", p)
	}
	if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
		t.Errorf("resources: %+v", c.Resources)
	}
	var volumes []string
	for _, v := range pod.Volumes {
		volumes = append(volumes, v.Name)
	}
	for _, m := range c.VolumeMounts {
		if !slices.Contains(volumes, m.Name) {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
}

// TestTwoReplicas starts two servers at once on an empty PostgreSQL, each as the pod's
// user with a read-only project: migrations and seed run once, and both become ready.
func TestTwoReplicas(t *testing.T) {
	needRoot(t)
	url := pgtest.Database(t)
	dir := project(t, "kubernetes")
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	var envs [][]string
	for range 2 {
		data, err := os.MkdirTemp("", "galley-replica-")
		if err == nil {
			err = os.Chown(data, 65532, 65532)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(data) })
		env := []string{"GALLEY_SERVER_LISTEN=127.0.0.1:" + freePort(t), "GALLEY_DATABASE_DATA=" + data, "TMPDIR=" + data, "DATABASE_URL=" + url}
		server := exec.Command(binary, "serve")
		server.Dir, server.Env, server.SysProcAttr = dir, env, as(65532)
		begin(t, server)
		envs = append(envs, env)
	}
	for _, env := range envs {
		waitReady(t, env, dir)
	}
	cmd := exec.Command(binary, "sql", "--database-url", url, "--project", dir, "select count(*) as n from notes")
	cmd.Env = []string{"GALLEY_DATABASE_DATA=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1") {
		t.Errorf("rows of the seed: %v: %s", err, out)
	}
}

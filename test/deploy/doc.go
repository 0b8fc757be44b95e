// Package deploy proves what `galley deploy init` gives to a project, as far as one can
// without a cloud: each file is read strictly by the rules of whoever will read it
// (BuildKit's parser, compose's specification, the types of Kubernetes, actionlint,
// systemd-analyze), and the commands in them are run as they would be. It is a module
// of its own, so that those rules are no part of Galley's.
package deploy

//go:build tools

// Package vitess locks the version of Vitess that dev/stack builds.
package vitess

import _ "vitess.io/vitess/go/cmd/vtcombo"

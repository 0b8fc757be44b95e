package auth

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
)

// absent are the paths of what GoTrue has and this version does not. They answer as
// GoTrue does where it is switched off, which clients know how to take.
func absent() map[string]autherr.Handler {
	refuse := func(code, message string) autherr.Handler {
		return func(http.ResponseWriter, *http.Request) error {
			return autherr.New(http.StatusNotFound, code, "%s", message)
		}
	}
	saml := refuse(autherr.SAMLProviderDisabled, "SAML 2.0 is disabled")
	server := refuse(autherr.FeatureDisabled, "OAuth server is disabled")
	return map[string]autherr.Handler{
		"/sso": saml, "/sso/": saml, "/admin/sso/": saml,
		"/oauth/": server, "/admin/oauth/": server, "/user/oauth/": server, "GET /.well-known/oauth-authorization-server": server,
	}
}

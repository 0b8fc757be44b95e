package flow

import (
	"net/url"
	"strconv"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/wire"
)

// landing is the URL that a link ends at: with tokens in the fragment, a code in
// the query, or what went wrong in both.
func landing(to, kind string, out *wire.Tokens, code string, err error, forCode bool) string {
	u, perr := url.Parse(to)
	if perr != nil {
		return to
	}
	query, fragment := u.Query(), url.Values{}
	switch {
	case err != nil:
		e := autherr.From(err)
		for _, v := range []url.Values{query, fragment} {
			v.Set("error", e.OAuthName())
			v.Set("error_code", e.Code)
			v.Set("error_description", e.Message)
		}
	case out != nil:
		fragment = url.Values{"access_token": {out.AccessToken}, "token_type": {out.TokenType}, "refresh_token": {out.RefreshToken},
			"expires_in": {strconv.FormatInt(out.ExpiresIn, 10)}, "expires_at": {strconv.FormatInt(out.ExpiresAt, 10)}, "type": {kind}}
	case code != "":
		query.Set("code", code)
		u.RawQuery = query.Encode()
		return u.String()
	default:
		query.Set("message", firstOfTwo)
		fragment.Set("message", firstOfTwo)
	}
	if forCode {
		u.RawQuery = query.Encode()
	}
	u.Fragment = ""
	fragment.Set("sb", "")
	return u.String() + "#" + fragment.Encode()
}

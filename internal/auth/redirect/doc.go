// Package redirect judges where a browser may be sent after signing in: to the
// site's own URL and to what the list of additional redirect URLs names, in the
// way GoTrue judges it (Supabase documentation, "Redirect URLs").
//
//	list, err := redirect.New("https://example.com", []string{"https://*.example.com/**", "com.example.app://callback"})
//	to := list.Choose(r) // redirect_to, else the Referer, else the site
//
// Where tokens and codes travel in URLs, an open redirect gives accounts away, so
// whatever two parsers may read in two ways is refused, even where a pattern of the
// list would let it through.
package redirect

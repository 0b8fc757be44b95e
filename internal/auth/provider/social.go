package provider

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// get asks the provider's API.
func (p *Provider) get(ctx context.Context, address, accessToken string, v any) error {
	if err := p.set.fetcher.JSON(ctx, oidc.Call{URL: address, Bearer: accessToken}, v); err != nil {
		return fmt.Errorf("asking the provider about the user: %w", err)
	}
	return nil
}

// askGitHub reads GitHub's REST API ("Get the authenticated user", "List email
// addresses for the authenticated user").
func askGitHub(ctx context.Context, p *Provider, accessToken string) (Person, error) {
	api := "https://api.github.com"
	if p.URL != "" && p.URL != p.kind.base { // GitHub Enterprise
		api = p.URL + "/api/v3"
	}
	var u struct {
		ID     json.Number `json:"id"`
		Login  string      `json:"login"`
		Name   string      `json:"name"`
		Avatar string      `json:"avatar_url"`
	}
	if err := p.get(ctx, api+"/user", accessToken, &u); err != nil {
		return Person{}, err
	}
	var emails []struct {
		Email             string
		Primary, Verified bool
	}
	if err := p.get(ctx, api+"/user/emails", accessToken, &emails); err != nil {
		return Person{}, err
	}
	who := newPerson(api, u.ID.String())
	who.keep(u.Name, "name", "full_name")
	who.keep(u.Login, "preferred_username", "user_name")
	who.keep(u.Avatar, "avatar_url")
	for _, e := range emails {
		who.addEmail(e.Email, e.Verified, e.Primary)
	}
	return who, nil
}

// askGitLab reads GitLab's REST API ("List current user", "List all email
// addresses"). Only the first address is known to be confirmed.
func askGitLab(ctx context.Context, p *Provider, accessToken string) (Person, error) {
	var u struct {
		ID        json.Number `json:"id"`
		Email     string      `json:"email"`
		Name      string      `json:"name"`
		Avatar    string      `json:"avatar_url"`
		Confirmed string      `json:"confirmed_at"`
	}
	if err := p.get(ctx, p.base()+"/api/v4/user", accessToken, &u); err != nil {
		return Person{}, err
	}
	var emails []struct{ Email string }
	if err := p.get(ctx, p.base()+"/api/v4/user/emails", accessToken, &emails); err != nil {
		return Person{}, err
	}
	who := newPerson(p.base(), u.ID.String())
	for _, e := range emails {
		who.addEmail(e.Email, false, false)
	}
	who.addEmail(u.Email, u.Confirmed != "", true)
	who.keep(u.Name, "name", "full_name")
	who.keep(u.Avatar, "picture", "avatar_url")
	return who, nil
}

// askDiscord reads Discord's API ("Get Current User", "Image Formatting").
func askDiscord(ctx context.Context, p *Provider, accessToken string) (Person, error) {
	var u struct {
		ID            string `json:"id"`
		Name          string `json:"username"`
		Discriminator string `json:"discriminator"`
		Global        string `json:"global_name"`
		Avatar        string `json:"avatar"`
		Email         string `json:"email"`
		Verified      bool   `json:"verified"`
	}
	api := p.base() + "/api"
	if err := p.get(ctx, api+"/users/@me", accessToken, &u); err != nil {
		return Person{}, err
	}
	who := newPerson(api, u.ID)
	who.addEmail(u.Email, u.Verified, true)
	who.keep(u.Name+"#"+u.Discriminator, "name")
	who.keep(u.Name, "full_name")
	who.keep(discordAvatar(u.ID, u.Avatar, u.Discriminator), "picture", "avatar_url")
	who.setCustom("global_name", u.Global)
	return who, nil
}

func discordAvatar(id, avatar, discriminator string) string {
	if avatar == "" {
		n, _ := strconv.Atoi(discriminator) // 0 for names without one
		return fmt.Sprintf("https://cdn.discordapp.com/embed/avatars/%d.png", n%5)
	}
	extension := "png"
	if strings.HasPrefix(avatar, "a_") {
		extension = "gif"
	}
	return fmt.Sprintf("https://cdn.discordapp.com/avatars/%s/%s.%s", id, avatar, extension)
}

// graph is where Facebook's API is, which signs people in elsewhere.
func graph(base string) string {
	if base == "https://www.facebook.com" {
		return "https://graph.facebook.com"
	}
	return base
}

func facebookEndpoints(base string) endpoints {
	return endpoints{base + "/dialog/oauth", graph(base) + "/oauth/access_token"}
}

// askFacebook reads Facebook's Graph API ("User", "Securing Graph API Requests").
// It has none but confirmed addresses.
func askFacebook(ctx context.Context, p *Provider, accessToken string) (Person, error) {
	var u struct {
		ID      string
		Email   string
		Name    string
		First   string `json:"first_name"`
		Last    string `json:"last_name"`
		Picture struct{ Data struct{ URL string } }
	}
	address := graph(p.base()) + "/me?fields=email,first_name,last_name,name,picture"
	proof := hmac.New(sha256.New, []byte(p.Secret))
	proof.Write([]byte(accessToken))
	if err := p.get(ctx, address+"&appsecret_proof="+hex.EncodeToString(proof.Sum(nil)), accessToken, &u); err != nil {
		return Person{}, err
	}
	who := newPerson(address, u.ID)
	who.addEmail(u.Email, true, true)
	who.keep(strings.TrimSpace(u.First+" "+u.Last), "name", "full_name")
	who.keep(u.Name, "nickname", "slug")
	who.keep(u.Picture.Data.URL, "picture", "avatar_url")
	return who, nil
}

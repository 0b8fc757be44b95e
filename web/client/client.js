// What pages of a project find at /galley/client.js: the official client, and one
// that is connected to this server as whoever is signed in.
//
//	import { client } from "/galley/client.js"
//	const { data, error } = await client.from("todos").select()
import { createClient } from '@supabase/supabase-js'
import { anonKey, url } from '/galley/config.js'

export * from '@supabase/supabase-js'
export const client = createClient(url, anonKey)

// The form below a post.
import { $, client, data, onSubmit, toast, user } from '/galley.js'

const form = $('#comment')
const me = await user()
if (me) form.elements.name.value = me.user_metadata?.name ?? ''

onSubmit(form, async ({ name, body, homepage }) => {
  await data(client.from('comments').insert({ post_id: Number(form.dataset.post), name, body, homepage }))
  form.reset()
  toast('Thank you. It appears here once the author has approved it.')
})

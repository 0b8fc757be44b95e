create index members_team on members (team_id, user_id);
create index projects_team on projects (team_id);
create index tasks_owner on tasks (owner, id);
create index tasks_tenant on tasks (tenant, priority);
create index tasks_project on tasks (project_id);
create index tasks_title on tasks (title);
create index tasks_priority on tasks (priority, id);
create index tasks_price on tasks (price);
create index tasks_created on tasks (created desc, id desc);
create index tasks_kind on tasks ((data->>'kind'));
create index comments_task on comments (task_id);
create index comments_author on comments (author);
create index task_tags_tag on task_tags (tag_id);

grant all on all tables in schema public to by_owner, by_hoisted, by_tenant, by_metadata, by_in, by_exists, by_either, by_list, by_all;
grant usage on all sequences in schema public to by_owner;
grant usage on schema auth to by_owner, by_hoisted, by_tenant, by_metadata, by_in, by_exists, by_either, by_list, by_all;

alter table tasks enable row level security;
create policy owner on tasks to by_owner using (owner = auth.uid());
create policy hoisted on tasks to by_hoisted using ((select auth.uid()) = owner);
create policy tenant on tasks to by_tenant using (tenant = (auth.jwt()->>'tenant')::integer);
create policy metadata on tasks to by_metadata using (tenant = (select (auth.jwt()->'app_metadata'->>'tenant')::integer));
create policy within on tasks to by_in
	using (project_id in (select p.id from projects p join members m on m.team_id = p.team_id where m.user_id = auth.uid()));
create policy existing on tasks to by_exists
	using (exists (select 1 from projects p join members m on m.team_id = p.team_id where p.id = tasks.project_id and m.user_id = auth.uid()));
create policy mine on tasks to by_either using (owner = auth.uid());
create policy team on tasks to by_either
	using (project_id in (select p.id from projects p join members m on m.team_id = p.team_id where m.user_id = auth.uid()));
create policy listed on tasks to by_list
	using (tenant = any (array(select jsonb_array_elements_text(auth.jwt()->'tenants')::integer)));
create policy everything on tasks to by_all using (true);

alter table comments enable row level security;
create policy of_author on comments to by_owner using (author = auth.uid());
create policy of_task on comments to by_exists, by_in, by_tenant
	using (exists (select 1 from tasks t where t.id = comments.task_id));
create policy everything on comments to by_all, by_hoisted, by_metadata, by_either, by_list using (true);

alter table members enable row level security;
create policy own on members using (user_id = auth.uid());
